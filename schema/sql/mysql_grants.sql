-- HIS 账号只能提交、撤回与查询；工作进程账号只能读写四张表。用 mi bridge sql --dialect mysql --grants 生成。
GRANT EXECUTE ON PROCEDURE sp_medical_insurance_call TO {his};
GRANT EXECUTE ON PROCEDURE sp_medical_insurance_request TO {his};
GRANT EXECUTE ON PROCEDURE sp_medical_insurance_cancel TO {his};
GRANT SELECT ON v_medical_insurance_result TO {his};
GRANT SELECT ON v_medical_insurance_monitor TO {his};
GRANT SELECT, INSERT, UPDATE, DELETE ON medical_insurance_requests TO {worker};
GRANT SELECT, INSERT, UPDATE, DELETE ON medical_insurance_responses TO {worker};
GRANT SELECT, INSERT, UPDATE, DELETE ON medical_insurance_workers TO {worker};
GRANT SELECT, UPDATE ON medical_insurance_bridge TO {worker};
