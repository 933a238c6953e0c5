-- HIS 账号只能提交、撤回与查询；工作进程账号只能读写四张表。用 mi bridge sql --dialect postgresql --grants 生成。
GRANT USAGE ON SCHEMA public TO {his}, {worker};
GRANT EXECUTE ON FUNCTION public.sp_medical_insurance_call(TEXT, TEXT, INT, TEXT) TO {his};
GRANT EXECUTE ON FUNCTION public.sp_medical_insurance_cancel(BIGINT) TO {his};
GRANT SELECT ON public.v_medical_insurance_result, public.v_medical_insurance_monitor TO {his};
GRANT SELECT, INSERT, UPDATE, DELETE ON public.medical_insurance_requests, public.medical_insurance_responses,
  public.medical_insurance_workers TO {worker};
GRANT SELECT, UPDATE ON public.medical_insurance_bridge TO {worker};
