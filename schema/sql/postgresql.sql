-- 医保接口数据库桥：PostgreSQL 12 及以上，UTF8 库。HIS 调用函数提交请求，由 mi worker 办理，HIS 查询结果视图。
-- The bridge between a HIS and mi, for PostgreSQL >= 12 in a UTF8 database. Written by `mi bridge sql --dialect postgresql`;
-- run by `mi bridge install`, or by hand: psql -1 -f postgresql.sql. It may be run again: data stay, functions and views are renewed.
-- All times are Beijing time (UTC+8), whatever the time zone of server and session. Objects go to the schema public.

CREATE TABLE IF NOT EXISTS public.medical_insurance_bridge (
  id SMALLINT NOT NULL PRIMARY KEY,
  version INT NOT NULL,
  incarnation VARCHAR(32) NOT NULL,
  journal VARCHAR(64) NULL,
  journal_place VARCHAR(255) NULL,
  create_time TIMESTAMP(3) NOT NULL
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_requests (
  request_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  interface_code VARCHAR(10) NOT NULL,
  input_data TEXT NOT NULL,
  options TEXT NULL,
  priority SMALLINT NOT NULL DEFAULT 5,
  status VARCHAR(20) NOT NULL DEFAULT 'PENDING',
  create_time TIMESTAMP(3) NOT NULL,
  update_time TIMESTAMP(3) NULL,
  due_time TIMESTAMP(3) NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  begun SMALLINT NOT NULL DEFAULT 0,
  interrupted INT NOT NULL DEFAULT 0,
  worker_id VARCHAR(40) NULL
);
CREATE INDEX IF NOT EXISTS idx_mi_status_time ON public.medical_insurance_requests (status, create_time);
CREATE INDEX IF NOT EXISTS idx_mi_queue ON public.medical_insurance_requests (priority, request_id) WHERE status = 'PENDING';
CREATE INDEX IF NOT EXISTS idx_mi_worker ON public.medical_insurance_requests (worker_id) WHERE status = 'PROCESSING';

CREATE TABLE IF NOT EXISTS public.medical_insurance_responses (
  response_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id BIGINT NOT NULL UNIQUE REFERENCES public.medical_insurance_requests (request_id) ON DELETE CASCADE,
  response_data TEXT NOT NULL,
  infcode VARCHAR(10) NULL,
  err_msg VARCHAR(2000) NULL,
  error_code VARCHAR(40) NULL,
  operation_id VARCHAR(64) NULL,
  msgid VARCHAR(40) NULL,
  create_time TIMESTAMP(3) NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE INTERVAL '8 hours')
);

CREATE TABLE IF NOT EXISTS public.medical_insurance_workers (
  worker_id VARCHAR(40) NOT NULL PRIMARY KEY,
  host VARCHAR(100) NOT NULL,
  pid INT NOT NULL,
  start_time TIMESTAMP(3) NOT NULL,
  lease_until TIMESTAMP(3) NOT NULL,
  end_time TIMESTAMP(3) NULL
);

INSERT INTO public.medical_insurance_bridge (id, version, incarnation, create_time)
  VALUES (1, 1, md5(random()::text || clock_timestamp()::text), clock_timestamp() AT TIME ZONE INTERVAL '8 hours')
  ON CONFLICT (id) DO NOTHING;

-- priority：1 最先 … 9 最后；options：JSON，见 mi bridge --help。
CREATE OR REPLACE FUNCTION public.sp_medical_insurance_call(
  interface_code TEXT, input_data TEXT, priority INT DEFAULT 5, options TEXT DEFAULT NULL
) RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  result_id BIGINT;
  now_time TIMESTAMP(3) := clock_timestamp() AT TIME ZONE INTERVAL '8 hours';
BEGIN
  IF $1 IS NULL OR $2 IS NULL THEN
    RAISE EXCEPTION 'interface_code 与 input_data 不能为空 / must not be NULL';
  END IF;
  INSERT INTO public.medical_insurance_requests AS q (interface_code, input_data, options, priority, create_time, due_time)
    VALUES ($1, $2, $4, LEAST(GREATEST(COALESCE($3, 5), 1), 9), now_time, now_time)
    RETURNING q.request_id INTO result_id;
  PERFORM pg_notify('medical_insurance_requests', '');
  RETURN result_id;
END
$body$;

-- 放弃尚未办理的请求：返回 true 保证不再发送；false 表示已在办理或已办结，须看结果。
CREATE OR REPLACE FUNCTION public.sp_medical_insurance_cancel(result_id BIGINT) RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
  UPDATE public.medical_insurance_requests
    SET status = 'ERROR', update_time = clock_timestamp() AT TIME ZONE INTERVAL '8 hours'
    WHERE request_id = $1 AND status = 'PENDING' AND interrupted = 0;
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;
  INSERT INTO public.medical_insurance_responses (request_id, response_data, err_msg, error_code, create_time)
    VALUES ($1, '{"error":"cancelled"}', 'HIS 已撤回，未发送 / withdrawn by the HIS, not sent', 'cancelled',
            clock_timestamp() AT TIME ZONE INTERVAL '8 hours');
  RETURN TRUE;
END
$body$;

REVOKE ALL ON FUNCTION public.sp_medical_insurance_call(TEXT, TEXT, INT, TEXT) FROM PUBLIC;
REVOKE ALL ON FUNCTION public.sp_medical_insurance_cancel(BIGINT) FROM PUBLIC;

CREATE OR REPLACE VIEW public.v_medical_insurance_result AS
SELECT
  r.request_id,
  r.request_id AS result_id,
  r.interface_code,
  r.input_data,
  r.priority,
  r.status,
  r.create_time AS request_time,
  p.response_data,
  p.infcode,
  p.err_msg,
  p.error_code,
  p.operation_id,
  p.msgid,
  p.create_time AS response_time,
  CASE
    WHEN r.status = 'COMPLETED' AND p.infcode = '0' THEN 'SUCCESS'
    WHEN r.status = 'COMPLETED' THEN 'BUSINESS_ERROR'
    WHEN r.status = 'ERROR' THEN 'SYSTEM_ERROR'
    WHEN r.status = 'IN_DOUBT' THEN 'IN_DOUBT'
    ELSE 'PROCESSING'
  END AS result_status
FROM public.medical_insurance_requests r
LEFT JOIN public.medical_insurance_responses p ON p.request_id = r.request_id;

CREATE OR REPLACE VIEW public.v_medical_insurance_monitor AS
SELECT
  interface_code,
  COUNT(*) AS total_requests,
  SUM(CASE WHEN result_status = 'SUCCESS' THEN 1 ELSE 0 END) AS success_count,
  SUM(CASE WHEN result_status = 'BUSINESS_ERROR' THEN 1 ELSE 0 END) AS business_error_count,
  SUM(CASE WHEN result_status = 'SYSTEM_ERROR' THEN 1 ELSE 0 END) AS system_error_count,
  SUM(CASE WHEN result_status = 'IN_DOUBT' THEN 1 ELSE 0 END) AS in_doubt_count,
  SUM(CASE WHEN result_status = 'PROCESSING' THEN 1 ELSE 0 END) AS processing_count,
  AVG(EXTRACT(EPOCH FROM response_time - request_time)) AS avg_response_time_seconds
FROM public.v_medical_insurance_result
WHERE request_time >= clock_timestamp() AT TIME ZONE INTERVAL '8 hours' - INTERVAL '1 day'
GROUP BY interface_code;
