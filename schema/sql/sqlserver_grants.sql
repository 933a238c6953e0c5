-- HIS 账号只能提交、撤回与查询；工作进程账号只能读写表。用 mi bridge sql --dialect sqlserver --grants 生成。
GRANT EXECUTE ON dbo.sp_medical_insurance_call TO {his};
GRANT EXECUTE ON dbo.sp_medical_insurance_cancel TO {his};
GRANT SELECT ON dbo.v_medical_insurance_result TO {his};
GRANT SELECT ON dbo.v_medical_insurance_monitor TO {his};
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.medical_insurance_requests TO {worker};
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.medical_insurance_responses TO {worker};
