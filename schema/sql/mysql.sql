-- 医保接口数据库桥：MySQL 8.0.13、MariaDB 10.6 及以上。HIS 调用存储过程提交请求，由 mi worker 办理，HIS 查询结果视图。
-- The bridge between a HIS and mi, for MySQL >= 8.0.13 and MariaDB >= 10.6. Written by `mi bridge sql --dialect mysql`;
-- run by `mi bridge install`, or by hand: mysql 库名 < mysql.sql. It may be run again: data stay, routines and views are renewed.
-- 手工重复执行后须再执行一次授权脚本（重建存储过程会收回权限）；mi bridge install 保留授权，授不回时列出须执行的语句。
-- After running it again by hand, run the grants again: procedures that are made anew lose their rights. mi bridge install keeps
-- them, and lists what an administrator must run where it may not give them back.
-- All times are Beijing time (UTC+8), whatever the time zone of server and session.

CREATE TABLE IF NOT EXISTS medical_insurance_bridge (
  id TINYINT NOT NULL PRIMARY KEY,
  version INT NOT NULL,
  incarnation CHAR(32) CHARACTER SET ascii NOT NULL,
  journal VARCHAR(64) CHARACTER SET ascii NULL,
  journal_place VARCHAR(255) NULL,
  create_time DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS medical_insurance_requests (
  request_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  interface_code VARCHAR(10) NOT NULL,
  input_data LONGTEXT NOT NULL,
  options TEXT NULL,
  priority SMALLINT NOT NULL DEFAULT 5,
  status VARCHAR(20) NOT NULL DEFAULT 'PENDING',
  create_time DATETIME(3) NOT NULL,
  update_time DATETIME(3) NULL,
  due_time DATETIME(3) NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  begun TINYINT NOT NULL DEFAULT 0,
  interrupted INT NOT NULL DEFAULT 0,
  worker_id VARCHAR(40) NULL,
  KEY idx_status_time (status, create_time),
  KEY idx_queue (status, priority, request_id),
  KEY idx_worker (status, worker_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS medical_insurance_responses (
  response_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  request_id BIGINT NOT NULL,
  response_data LONGTEXT NOT NULL,
  infcode VARCHAR(10) NULL,
  err_msg VARCHAR(2000) NULL,
  error_code VARCHAR(40) NULL,
  operation_id VARCHAR(64) NULL,
  msgid VARCHAR(40) NULL,
  create_time DATETIME(3) NOT NULL DEFAULT (UTC_TIMESTAMP(3) + INTERVAL 8 HOUR),
  UNIQUE KEY uq_request (request_id),
  FOREIGN KEY (request_id) REFERENCES medical_insurance_requests (request_id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS medical_insurance_workers (
  worker_id VARCHAR(40) NOT NULL PRIMARY KEY,
  host VARCHAR(100) NOT NULL,
  pid INT NOT NULL,
  start_time DATETIME(3) NOT NULL,
  lease_until DATETIME(3) NOT NULL,
  end_time DATETIME(3) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO medical_insurance_bridge (id, version, incarnation, create_time)
  VALUES (1, 1, REPLACE(UUID(), '-', ''), UTC_TIMESTAMP(3) + INTERVAL 8 HOUR);

DROP PROCEDURE IF EXISTS sp_medical_insurance_call;
DROP PROCEDURE IF EXISTS sp_medical_insurance_request;
DROP PROCEDURE IF EXISTS sp_medical_insurance_cancel;

DELIMITER //

-- p_priority：1 最先 … 9 最后，NULL 为 5；p_options：JSON，见 mi bridge --help。
CREATE PROCEDURE sp_medical_insurance_request(
  IN p_interface_code VARCHAR(10) CHARACTER SET utf8mb4,
  IN p_input_data LONGTEXT CHARACTER SET utf8mb4,
  IN p_priority INT,
  IN p_options TEXT CHARACTER SET utf8mb4,
  OUT p_result_id BIGINT
)
SQL SECURITY DEFINER
BEGIN
  IF p_interface_code IS NULL OR p_input_data IS NULL THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'interface_code 与 input_data 不能为空 / must not be NULL';
  END IF;
  INSERT INTO medical_insurance_requests (interface_code, input_data, options, priority, create_time, due_time)
    VALUES (p_interface_code, p_input_data, p_options, LEAST(GREATEST(COALESCE(p_priority, 5), 1), 9),
            UTC_TIMESTAMP(3) + INTERVAL 8 HOUR, UTC_TIMESTAMP(3) + INTERVAL 8 HOUR);
  SET p_result_id = LAST_INSERT_ID();
END //

CREATE PROCEDURE sp_medical_insurance_call(
  IN p_interface_code VARCHAR(10) CHARACTER SET utf8mb4,
  IN p_input_data LONGTEXT CHARACTER SET utf8mb4,
  OUT p_result_id BIGINT
)
SQL SECURITY DEFINER
BEGIN
  CALL sp_medical_insurance_request(p_interface_code, p_input_data, NULL, NULL, p_result_id);
END //

-- 放弃尚未办理的请求：p_cancelled = 1 保证不再发送；0 表示已在办理或已办结，须看结果。
CREATE PROCEDURE sp_medical_insurance_cancel(IN p_result_id BIGINT, OUT p_cancelled INT)
SQL SECURITY DEFINER
BEGIN
  UPDATE medical_insurance_requests SET status = 'ERROR', update_time = UTC_TIMESTAMP(3) + INTERVAL 8 HOUR
    WHERE request_id = p_result_id AND status = 'PENDING' AND interrupted = 0;
  SET p_cancelled = ROW_COUNT();
  IF p_cancelled = 1 THEN
    INSERT INTO medical_insurance_responses (request_id, response_data, err_msg, error_code, create_time)
      VALUES (p_result_id, '{"error":"cancelled"}', 'HIS 已撤回，未发送 / withdrawn by the HIS, not sent', 'cancelled',
              UTC_TIMESTAMP(3) + INTERVAL 8 HOUR);
  END IF;
END //

DELIMITER ;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW v_medical_insurance_result AS
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
FROM medical_insurance_requests r
LEFT JOIN medical_insurance_responses p ON p.request_id = r.request_id;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW v_medical_insurance_monitor AS
SELECT
  interface_code,
  COUNT(*) AS total_requests,
  SUM(CASE WHEN result_status = 'SUCCESS' THEN 1 ELSE 0 END) AS success_count,
  SUM(CASE WHEN result_status = 'BUSINESS_ERROR' THEN 1 ELSE 0 END) AS business_error_count,
  SUM(CASE WHEN result_status = 'SYSTEM_ERROR' THEN 1 ELSE 0 END) AS system_error_count,
  SUM(CASE WHEN result_status = 'IN_DOUBT' THEN 1 ELSE 0 END) AS in_doubt_count,
  SUM(CASE WHEN result_status = 'PROCESSING' THEN 1 ELSE 0 END) AS processing_count,
  AVG(TIMESTAMPDIFF(MICROSECOND, request_time, response_time)) / 1000000 AS avg_response_time_seconds
FROM v_medical_insurance_result
WHERE request_time >= UTC_TIMESTAMP(3) + INTERVAL 8 HOUR - INTERVAL 1 DAY
GROUP BY interface_code;
