-- 医保接口数据库桥：SQL Server 2016 及以上。HIS 执行存储过程提交请求，由工作进程办理，HIS 查询结果视图；不使用 xp_cmdshell。
-- 本脚本未在 SQL Server 上运行过，只经 T-SQL 语法分析器检查。 / Not run on a SQL Server here: checked by a T-SQL parser only.
-- The bridge between a HIS and mi, for SQL Server >= 2016. `mi worker` itself serves MySQL, MariaDB and PostgreSQL.
-- All times are Beijing time (UTC+8), whatever the time zone of the server.

IF OBJECT_ID(N'dbo.medical_insurance_requests', N'U') IS NULL
BEGIN
  CREATE TABLE dbo.medical_insurance_requests (
    request_id BIGINT IDENTITY(1,1) NOT NULL PRIMARY KEY,
    interface_code VARCHAR(10) NOT NULL,
    input_data NVARCHAR(MAX) NOT NULL,
    options NVARCHAR(4000) NULL,
    priority SMALLINT NOT NULL DEFAULT 5,
    status VARCHAR(20) NOT NULL DEFAULT 'PENDING', -- PENDING, PROCESSING, COMPLETED, ERROR, IN_DOUBT
    create_time DATETIME2(3) NOT NULL,
    update_time DATETIME2(3) NULL,
    due_time DATETIME2(3) NOT NULL,
    attempts INT NOT NULL DEFAULT 0,
    begun TINYINT NOT NULL DEFAULT 0,
    interrupted INT NOT NULL DEFAULT 0,
    worker_id VARCHAR(40) NULL
  );
  CREATE INDEX idx_status_time ON dbo.medical_insurance_requests (status, create_time);
  CREATE INDEX idx_queue ON dbo.medical_insurance_requests (status, priority, request_id);
END
GO

IF OBJECT_ID(N'dbo.medical_insurance_responses', N'U') IS NULL
BEGIN
  CREATE TABLE dbo.medical_insurance_responses (
    response_id BIGINT IDENTITY(1,1) NOT NULL PRIMARY KEY,
    request_id BIGINT NOT NULL,
    response_data NVARCHAR(MAX) NOT NULL,
    infcode VARCHAR(10) NULL,
    err_msg NVARCHAR(2000) NULL,
    error_code VARCHAR(40) NULL,
    operation_id VARCHAR(64) NULL,
    msgid VARCHAR(40) NULL,
    create_time DATETIME2(3) NOT NULL DEFAULT DATEADD(HOUR, 8, SYSUTCDATETIME()),
    CONSTRAINT uq_medical_insurance_response UNIQUE (request_id),
    CONSTRAINT fk_medical_insurance_response FOREIGN KEY (request_id)
      REFERENCES dbo.medical_insurance_requests (request_id) ON DELETE CASCADE
  );
END
GO

-- @priority：1 最先 … 9 最后；@options：JSON。提交后立即返回，结果由 HIS 在视图中轮询。
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_call
  @interface_code VARCHAR(10),
  @input_data NVARCHAR(MAX),
  @priority INT = 5,
  @options NVARCHAR(4000) = NULL,
  @result_id BIGINT OUTPUT
AS
BEGIN
  SET NOCOUNT ON;
  IF @interface_code IS NULL OR @input_data IS NULL
  BEGIN
    THROW 50000, N'interface_code 与 input_data 不能为空 / must not be NULL', 1;
  END;
  INSERT INTO dbo.medical_insurance_requests (interface_code, input_data, options, priority, create_time, due_time)
  VALUES (
    @interface_code, @input_data, @options,
    CASE WHEN @priority < 1 THEN 1 WHEN @priority > 9 THEN 9 ELSE COALESCE(@priority, 5) END,
    DATEADD(HOUR, 8, SYSUTCDATETIME()), DATEADD(HOUR, 8, SYSUTCDATETIME())
  );
  SET @result_id = SCOPE_IDENTITY();
END
GO

-- @cancelled = 1 保证不再发送；0 表示已在办理或已办结，须看结果。
CREATE OR ALTER PROCEDURE dbo.sp_medical_insurance_cancel
  @result_id BIGINT,
  @cancelled INT OUTPUT
AS
BEGIN
  SET NOCOUNT ON;
  SET XACT_ABORT ON;
  BEGIN TRANSACTION;
  UPDATE dbo.medical_insurance_requests
  SET status = 'ERROR', update_time = DATEADD(HOUR, 8, SYSUTCDATETIME())
  WHERE request_id = @result_id AND status = 'PENDING' AND interrupted = 0;
  SET @cancelled = @@ROWCOUNT;
  IF @cancelled = 1
    INSERT INTO dbo.medical_insurance_responses (request_id, response_data, err_msg, error_code, create_time)
    VALUES (
      @result_id, N'{"error":"cancelled"}', N'HIS 已撤回，未发送 / withdrawn by the HIS, not sent', 'cancelled',
      DATEADD(HOUR, 8, SYSUTCDATETIME())
    );
  COMMIT TRANSACTION;
END
GO

CREATE OR ALTER VIEW dbo.v_medical_insurance_result AS
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
FROM dbo.medical_insurance_requests AS r
LEFT JOIN dbo.medical_insurance_responses AS p ON p.request_id = r.request_id;
GO

CREATE OR ALTER VIEW dbo.v_medical_insurance_monitor AS
SELECT
  interface_code,
  COUNT(*) AS total_requests,
  SUM(CASE WHEN result_status = 'SUCCESS' THEN 1 ELSE 0 END) AS success_count,
  SUM(CASE WHEN result_status = 'BUSINESS_ERROR' THEN 1 ELSE 0 END) AS business_error_count,
  SUM(CASE WHEN result_status = 'SYSTEM_ERROR' THEN 1 ELSE 0 END) AS system_error_count,
  SUM(CASE WHEN result_status = 'IN_DOUBT' THEN 1 ELSE 0 END) AS in_doubt_count,
  SUM(CASE WHEN result_status = 'PROCESSING' THEN 1 ELSE 0 END) AS processing_count,
  AVG(DATEDIFF(MILLISECOND, request_time, response_time) / 1000.0) AS avg_response_time_seconds
FROM dbo.v_medical_insurance_result
WHERE request_time >= DATEADD(DAY, -1, DATEADD(HOUR, 8, SYSUTCDATETIME()))
GROUP BY interface_code;
GO
