from typing import Any, Final

from mi_core.interfaces.i100001_policy_item_query import (
    PolicyItemQueryRequest as PolicyItemQueryRequest,
    PolicyItemQueryResponse as PolicyItemQueryResponse,
)
from mi_core.interfaces.i1101_person_information import (
    PersonInformationRequest as PersonInformationRequest,
    PersonInformationResponse as PersonInformationResponse,
)
from mi_core.interfaces.i1201_institution_information import (
    InstitutionInformationRequest as InstitutionInformationRequest,
    InstitutionInformationResponse as InstitutionInformationResponse,
)
from mi_core.interfaces.i1301_western_and_patent_drug_catalogue_download import (
    WesternAndPatentDrugCatalogueDownloadRequest as WesternAndPatentDrugCatalogueDownloadRequest,
    WesternAndPatentDrugCatalogueDownloadResponse as WesternAndPatentDrugCatalogueDownloadResponse,
)
from mi_core.interfaces.i1302_decoction_piece_catalogue_download import (
    DecoctionPieceCatalogueDownloadRequest as DecoctionPieceCatalogueDownloadRequest,
    DecoctionPieceCatalogueDownloadResponse as DecoctionPieceCatalogueDownloadResponse,
)
from mi_core.interfaces.i1303_hospital_preparation_catalogue_download import (
    HospitalPreparationCatalogueDownloadRequest as HospitalPreparationCatalogueDownloadRequest,
    HospitalPreparationCatalogueDownloadResponse as HospitalPreparationCatalogueDownloadResponse,
)
from mi_core.interfaces.i1304_ethnic_medicine_catalogue_query import (
    EthnicMedicineCatalogueQueryRequest as EthnicMedicineCatalogueQueryRequest,
    EthnicMedicineCatalogueQueryResponse as EthnicMedicineCatalogueQueryResponse,
)
from mi_core.interfaces.i1305_medical_service_catalogue_download import (
    MedicalServiceCatalogueDownloadRequest as MedicalServiceCatalogueDownloadRequest,
    MedicalServiceCatalogueDownloadResponse as MedicalServiceCatalogueDownloadResponse,
)
from mi_core.interfaces.i1306_consumable_catalogue_download import (
    ConsumableCatalogueDownloadRequest as ConsumableCatalogueDownloadRequest,
    ConsumableCatalogueDownloadResponse as ConsumableCatalogueDownloadResponse,
)
from mi_core.interfaces.i1306a_consumable_27_digit_catalogue_download import (
    Consumable27DigitCatalogueDownloadRequest as Consumable27DigitCatalogueDownloadRequest,
    Consumable27DigitCatalogueDownloadResponse as Consumable27DigitCatalogueDownloadResponse,
)
from mi_core.interfaces.i1307_disease_diagnosis_catalogue_download import (
    DiseaseDiagnosisCatalogueDownloadRequest as DiseaseDiagnosisCatalogueDownloadRequest,
    DiseaseDiagnosisCatalogueDownloadResponse as DiseaseDiagnosisCatalogueDownloadResponse,
)
from mi_core.interfaces.i1308_surgical_procedure_catalogue_download import (
    SurgicalProcedureCatalogueDownloadRequest as SurgicalProcedureCatalogueDownloadRequest,
    SurgicalProcedureCatalogueDownloadResponse as SurgicalProcedureCatalogueDownloadResponse,
)
from mi_core.interfaces.i1309_outpatient_chronic_disease_catalogue_download import (
    OutpatientChronicDiseaseCatalogueDownloadRequest as OutpatientChronicDiseaseCatalogueDownloadRequest,
    OutpatientChronicDiseaseCatalogueDownloadResponse as OutpatientChronicDiseaseCatalogueDownloadResponse,
)
from mi_core.interfaces.i1310_payment_by_disease_catalogue_download import (
    PaymentByDiseaseCatalogueDownloadRequest as PaymentByDiseaseCatalogueDownloadRequest,
    PaymentByDiseaseCatalogueDownloadResponse as PaymentByDiseaseCatalogueDownloadResponse,
)
from mi_core.interfaces.i1311_day_surgery_disease_catalogue_download import (
    DaySurgeryDiseaseCatalogueDownloadRequest as DaySurgeryDiseaseCatalogueDownloadRequest,
    DaySurgeryDiseaseCatalogueDownloadResponse as DaySurgeryDiseaseCatalogueDownloadResponse,
)
from mi_core.interfaces.i1312_insurance_catalogue_query import (
    InsuranceCatalogueQueryRequest as InsuranceCatalogueQueryRequest,
    InsuranceCatalogueQueryResponse as InsuranceCatalogueQueryResponse,
)
from mi_core.interfaces.i1313_tumour_morphology_catalogue_download import (
    TumourMorphologyCatalogueDownloadRequest as TumourMorphologyCatalogueDownloadRequest,
    TumourMorphologyCatalogueDownloadResponse as TumourMorphologyCatalogueDownloadResponse,
)
from mi_core.interfaces.i1314_tcm_disease_catalogue_download import (
    TcmDiseaseCatalogueDownloadRequest as TcmDiseaseCatalogueDownloadRequest,
    TcmDiseaseCatalogueDownloadResponse as TcmDiseaseCatalogueDownloadResponse,
)
from mi_core.interfaces.i1315_tcm_syndrome_catalogue_download import (
    TcmSyndromeCatalogueDownloadRequest as TcmSyndromeCatalogueDownloadRequest,
    TcmSyndromeCatalogueDownloadResponse as TcmSyndromeCatalogueDownloadResponse,
)
from mi_core.interfaces.i1316_insurance_catalogue_match_query import (
    InsuranceCatalogueMatchQueryRequest as InsuranceCatalogueMatchQueryRequest,
    InsuranceCatalogueMatchQueryResponse as InsuranceCatalogueMatchQueryResponse,
)
from mi_core.interfaces.i1317_institution_catalogue_match_query import (
    InstitutionCatalogueMatchQueryRequest as InstitutionCatalogueMatchQueryRequest,
    InstitutionCatalogueMatchQueryResponse as InstitutionCatalogueMatchQueryResponse,
)
from mi_core.interfaces.i1318_catalogue_price_limit_query import (
    CataloguePriceLimitQueryRequest as CataloguePriceLimitQueryRequest,
    CataloguePriceLimitQueryResponse as CataloguePriceLimitQueryResponse,
)
from mi_core.interfaces.i1319_catalogue_self_payment_ratio_query import (
    CatalogueSelfPaymentRatioQueryRequest as CatalogueSelfPaymentRatioQueryRequest,
    CatalogueSelfPaymentRatioQueryResponse as CatalogueSelfPaymentRatioQueryResponse,
)
from mi_core.interfaces.i1320_tcm_formula_granule_catalogue_download import (
    TcmFormulaGranuleCatalogueDownloadRequest as TcmFormulaGranuleCatalogueDownloadRequest,
    TcmFormulaGranuleCatalogueDownloadResponse as TcmFormulaGranuleCatalogueDownloadResponse,
)
from mi_core.interfaces.i1321_new_medical_service_catalogue_download import (
    NewMedicalServiceCatalogueDownloadRequest as NewMedicalServiceCatalogueDownloadRequest,
    NewMedicalServiceCatalogueDownloadResponse as NewMedicalServiceCatalogueDownloadResponse,
)
from mi_core.interfaces.i1322_in_vitro_reagent_product_download import (
    InVitroReagentProductDownloadRequest as InVitroReagentProductDownloadRequest,
    InVitroReagentProductDownloadResponse as InVitroReagentProductDownloadResponse,
)
from mi_core.interfaces.i1323_in_vitro_reagent_certificate_link_download import (
    InVitroReagentCertificateLinkDownloadRequest as InVitroReagentCertificateLinkDownloadRequest,
    InVitroReagentCertificateLinkDownloadResponse as InVitroReagentCertificateLinkDownloadResponse,
)
from mi_core.interfaces.i1324_in_vitro_reagent_indicator_download import (
    InVitroReagentIndicatorDownloadRequest as InVitroReagentIndicatorDownloadRequest,
    InVitroReagentIndicatorDownloadResponse as InVitroReagentIndicatorDownloadResponse,
)
from mi_core.interfaces.i1325_in_vitro_reagent_product_code_download import (
    InVitroReagentProductCodeDownloadRequest as InVitroReagentProductCodeDownloadRequest,
    InVitroReagentProductCodeDownloadResponse as InVitroReagentProductCodeDownloadResponse,
)
from mi_core.interfaces.i1326_in_vitro_reagent_certificate_download import (
    InVitroReagentCertificateDownloadRequest as InVitroReagentCertificateDownloadRequest,
    InVitroReagentCertificateDownloadResponse as InVitroReagentCertificateDownloadResponse,
)
from mi_core.interfaces.i1327_in_vitro_reagent_category_download import (
    InVitroReagentCategoryDownloadRequest as InVitroReagentCategoryDownloadRequest,
    InVitroReagentCategoryDownloadResponse as InVitroReagentCategoryDownloadResponse,
)
from mi_core.interfaces.i1901_dictionary_query import (
    DictionaryQueryRequest as DictionaryQueryRequest,
    DictionaryQueryResponse as DictionaryQueryResponse,
)
from mi_core.interfaces.i2001_benefit_entitlement_check import (
    BenefitEntitlementCheckRequest as BenefitEntitlementCheckRequest,
    BenefitEntitlementCheckResponse as BenefitEntitlementCheckResponse,
)
from mi_core.interfaces.i2101_pharmacy_presettlement import (
    PharmacyPresettlementRequest as PharmacyPresettlementRequest,
    PharmacyPresettlementResponse as PharmacyPresettlementResponse,
)
from mi_core.interfaces.i2102_pharmacy_settlement import (
    PharmacySettlementRequest as PharmacySettlementRequest,
    PharmacySettlementResponse as PharmacySettlementResponse,
)
from mi_core.interfaces.i2103_pharmacy_settlement_cancellation import (
    PharmacySettlementCancellationRequest as PharmacySettlementCancellationRequest,
    PharmacySettlementCancellationResponse as PharmacySettlementCancellationResponse,
)
from mi_core.interfaces.i2161_remote_pharmacy_person_query import (
    RemotePharmacyPersonQueryRequest as RemotePharmacyPersonQueryRequest,
    RemotePharmacyPersonQueryResponse as RemotePharmacyPersonQueryResponse,
)
from mi_core.interfaces.i2163_remote_pharmacy_refund import (
    RemotePharmacyRefundRequest as RemotePharmacyRefundRequest,
    RemotePharmacyRefundResponse as RemotePharmacyRefundResponse,
)
from mi_core.interfaces.i2166_remote_pharmacy_presettlement import (
    RemotePharmacyPresettlementRequest as RemotePharmacyPresettlementRequest,
    RemotePharmacyPresettlementResponse as RemotePharmacyPresettlementResponse,
)
from mi_core.interfaces.i2167_remote_pharmacy_order_cancellation import (
    RemotePharmacyOrderCancellationRequest as RemotePharmacyOrderCancellationRequest,
    RemotePharmacyOrderCancellationResponse as RemotePharmacyOrderCancellationResponse,
)
from mi_core.interfaces.i2170_remote_pharmacy_order_query import (
    RemotePharmacyOrderQueryRequest as RemotePharmacyOrderQueryRequest,
    RemotePharmacyOrderQueryResponse as RemotePharmacyOrderQueryResponse,
)
from mi_core.interfaces.i2171_remote_pharmacy_settlement_query import (
    RemotePharmacySettlementQueryRequest as RemotePharmacySettlementQueryRequest,
    RemotePharmacySettlementQueryResponse as RemotePharmacySettlementQueryResponse,
)
from mi_core.interfaces.i2172_monthly_declaration_summary_query import (
    MonthlyDeclarationSummaryQueryRequest as MonthlyDeclarationSummaryQueryRequest,
    MonthlyDeclarationSummaryQueryResponse as MonthlyDeclarationSummaryQueryResponse,
)
from mi_core.interfaces.i2173_monthly_declaration_detail_query import (
    MonthlyDeclarationDetailQueryRequest as MonthlyDeclarationDetailQueryRequest,
    MonthlyDeclarationDetailQueryResponse as MonthlyDeclarationDetailQueryResponse,
)
from mi_core.interfaces.i2174_monthly_declaration_fund_query import (
    MonthlyDeclarationFundQueryRequest as MonthlyDeclarationFundQueryRequest,
    MonthlyDeclarationFundQueryResponse as MonthlyDeclarationFundQueryResponse,
)
from mi_core.interfaces.i2175_pharmacy_ledger_detail_query import (
    PharmacyLedgerDetailQueryRequest as PharmacyLedgerDetailQueryRequest,
    PharmacyLedgerDetailQueryResponse as PharmacyLedgerDetailQueryResponse,
)
from mi_core.interfaces.i2176_pharmacy_ledger_summary_query import (
    PharmacyLedgerSummaryQueryRequest as PharmacyLedgerSummaryQueryRequest,
    PharmacyLedgerSummaryQueryResponse as PharmacyLedgerSummaryQueryResponse,
)
from mi_core.interfaces.i2181_remote_pharmacy_reversal import (
    RemotePharmacyReversalRequest as RemotePharmacyReversalRequest,
    RemotePharmacyReversalResponse as RemotePharmacyReversalResponse,
)
from mi_core.interfaces.i2201_outpatient_registration import (
    OutpatientRegistrationRequest as OutpatientRegistrationRequest,
    OutpatientRegistrationResponse as OutpatientRegistrationResponse,
)
from mi_core.interfaces.i2202_outpatient_registration_cancellation import (
    OutpatientRegistrationCancellationRequest as OutpatientRegistrationCancellationRequest,
    OutpatientRegistrationCancellationResponse as OutpatientRegistrationCancellationResponse,
)
from mi_core.interfaces.i2203_outpatient_visit_upload import (
    OutpatientVisitUploadRequest as OutpatientVisitUploadRequest,
    OutpatientVisitUploadResponse as OutpatientVisitUploadResponse,
)
from mi_core.interfaces.i2203a_pharmacy_outpatient_visit_upload import (
    PharmacyOutpatientVisitUploadRequest as PharmacyOutpatientVisitUploadRequest,
    PharmacyOutpatientVisitUploadResponse as PharmacyOutpatientVisitUploadResponse,
)
from mi_core.interfaces.i2204_outpatient_fee_upload import (
    OutpatientFeeUploadRequest as OutpatientFeeUploadRequest,
    OutpatientFeeUploadResponse as OutpatientFeeUploadResponse,
)
from mi_core.interfaces.i2205_outpatient_fee_cancellation import (
    OutpatientFeeCancellationRequest as OutpatientFeeCancellationRequest,
    OutpatientFeeCancellationResponse as OutpatientFeeCancellationResponse,
)
from mi_core.interfaces.i2206_outpatient_presettlement import (
    OutpatientPresettlementRequest as OutpatientPresettlementRequest,
    OutpatientPresettlementResponse as OutpatientPresettlementResponse,
)
from mi_core.interfaces.i2207_outpatient_settlement import (
    OutpatientSettlementRequest as OutpatientSettlementRequest,
    OutpatientSettlementResponse as OutpatientSettlementResponse,
)
from mi_core.interfaces.i2208_outpatient_settlement_cancellation import (
    OutpatientSettlementCancellationRequest as OutpatientSettlementCancellationRequest,
    OutpatientSettlementCancellationResponse as OutpatientSettlementCancellationResponse,
)
from mi_core.interfaces.i2301_inpatient_fee_upload import (
    InpatientFeeUploadRequest as InpatientFeeUploadRequest,
    InpatientFeeUploadResponse as InpatientFeeUploadResponse,
)
from mi_core.interfaces.i2302_inpatient_fee_cancellation import (
    InpatientFeeCancellationRequest as InpatientFeeCancellationRequest,
    InpatientFeeCancellationResponse as InpatientFeeCancellationResponse,
)
from mi_core.interfaces.i2303_inpatient_presettlement import (
    InpatientPresettlementRequest as InpatientPresettlementRequest,
    InpatientPresettlementResponse as InpatientPresettlementResponse,
)
from mi_core.interfaces.i2304_inpatient_settlement import (
    InpatientSettlementRequest as InpatientSettlementRequest,
    InpatientSettlementResponse as InpatientSettlementResponse,
)
from mi_core.interfaces.i2305_inpatient_settlement_cancellation import (
    InpatientSettlementCancellationRequest as InpatientSettlementCancellationRequest,
    InpatientSettlementCancellationResponse as InpatientSettlementCancellationResponse,
)
from mi_core.interfaces.i2306_fee_remark_update import (
    FeeRemarkUpdateRequest as FeeRemarkUpdateRequest,
    FeeRemarkUpdateResponse as FeeRemarkUpdateResponse,
)
from mi_core.interfaces.i2401_admission import (
    AdmissionRequest as AdmissionRequest,
    AdmissionResponse as AdmissionResponse,
)
from mi_core.interfaces.i2402_discharge import (
    DischargeRequest as DischargeRequest,
    DischargeResponse as DischargeResponse,
)
from mi_core.interfaces.i2403_admission_update import (
    AdmissionUpdateRequest as AdmissionUpdateRequest,
    AdmissionUpdateResponse as AdmissionUpdateResponse,
)
from mi_core.interfaces.i2404_admission_cancellation import (
    AdmissionCancellationRequest as AdmissionCancellationRequest,
    AdmissionCancellationResponse as AdmissionCancellationResponse,
)
from mi_core.interfaces.i2405_discharge_cancellation import (
    DischargeCancellationRequest as DischargeCancellationRequest,
    DischargeCancellationResponse as DischargeCancellationResponse,
)
from mi_core.interfaces.i2406_special_visit_attribute_upload import (
    SpecialVisitAttributeUploadRequest as SpecialVisitAttributeUploadRequest,
    SpecialVisitAttributeUploadResponse as SpecialVisitAttributeUploadResponse,
)
from mi_core.interfaces.i2407_special_visit_attribute_query import (
    SpecialVisitAttributeQueryRequest as SpecialVisitAttributeQueryRequest,
    SpecialVisitAttributeQueryResponse as SpecialVisitAttributeQueryResponse,
)
from mi_core.interfaces.i2501_transfer_filing import (
    TransferFilingRequest as TransferFilingRequest,
    TransferFilingResponse as TransferFilingResponse,
)
from mi_core.interfaces.i2502_transfer_filing_cancellation import (
    TransferFilingCancellationRequest as TransferFilingCancellationRequest,
    TransferFilingCancellationResponse as TransferFilingCancellationResponse,
)
from mi_core.interfaces.i2503_chronic_disease_filing import (
    ChronicDiseaseFilingRequest as ChronicDiseaseFilingRequest,
    ChronicDiseaseFilingResponse as ChronicDiseaseFilingResponse,
)
from mi_core.interfaces.i2504_chronic_disease_filing_cancellation import (
    ChronicDiseaseFilingCancellationRequest as ChronicDiseaseFilingCancellationRequest,
    ChronicDiseaseFilingCancellationResponse as ChronicDiseaseFilingCancellationResponse,
)
from mi_core.interfaces.i2505_designated_institution_filing import (
    DesignatedInstitutionFilingRequest as DesignatedInstitutionFilingRequest,
    DesignatedInstitutionFilingResponse as DesignatedInstitutionFilingResponse,
)
from mi_core.interfaces.i2506_designated_institution_filing_cancellation import (
    DesignatedInstitutionFilingCancellationRequest as DesignatedInstitutionFilingCancellationRequest,
    DesignatedInstitutionFilingCancellationResponse as DesignatedInstitutionFilingCancellationResponse,
)
from mi_core.interfaces.i2507_accidental_injury_filing import (
    AccidentalInjuryFilingRequest as AccidentalInjuryFilingRequest,
    AccidentalInjuryFilingResponse as AccidentalInjuryFilingResponse,
)
from mi_core.interfaces.i2601_reversal import (
    ReversalRequest as ReversalRequest,
    ReversalResponse as ReversalResponse,
)
from mi_core.interfaces.i3101_prospective_review_analysis import (
    ProspectiveReviewAnalysisRequest as ProspectiveReviewAnalysisRequest,
    ProspectiveReviewAnalysisResponse as ProspectiveReviewAnalysisResponse,
)
from mi_core.interfaces.i3102_concurrent_review_analysis import (
    ConcurrentReviewAnalysisRequest as ConcurrentReviewAnalysisRequest,
    ConcurrentReviewAnalysisResponse as ConcurrentReviewAnalysisResponse,
)
from mi_core.interfaces.i3103_review_feedback import (
    ReviewFeedbackRequest as ReviewFeedbackRequest,
    ReviewFeedbackResponse as ReviewFeedbackResponse,
)
from mi_core.interfaces.i3201_settlement_total_reconciliation import (
    SettlementTotalReconciliationRequest as SettlementTotalReconciliationRequest,
    SettlementTotalReconciliationResponse as SettlementTotalReconciliationResponse,
)
from mi_core.interfaces.i3202_settlement_detail_reconciliation import (
    SettlementDetailReconciliationRequest as SettlementDetailReconciliationRequest,
    SettlementDetailReconciliationResponse as SettlementDetailReconciliationResponse,
)
from mi_core.interfaces.i3203_clearing_application import (
    ClearingApplicationRequest as ClearingApplicationRequest,
    ClearingApplicationResponse as ClearingApplicationResponse,
)
from mi_core.interfaces.i3204_clearing_application_cancellation import (
    ClearingApplicationCancellationRequest as ClearingApplicationCancellationRequest,
    ClearingApplicationCancellationResponse as ClearingApplicationCancellationResponse,
)
from mi_core.interfaces.i3301_catalogue_mapping_upload import (
    CatalogueMappingUploadRequest as CatalogueMappingUploadRequest,
    CatalogueMappingUploadResponse as CatalogueMappingUploadResponse,
)
from mi_core.interfaces.i3302_catalogue_mapping_cancellation import (
    CatalogueMappingCancellationRequest as CatalogueMappingCancellationRequest,
    CatalogueMappingCancellationResponse as CatalogueMappingCancellationResponse,
)
from mi_core.interfaces.i3401_department_upload import (
    DepartmentUploadRequest as DepartmentUploadRequest,
    DepartmentUploadResponse as DepartmentUploadResponse,
)
from mi_core.interfaces.i3401a_department_upload_batch import (
    DepartmentUploadBatchRequest as DepartmentUploadBatchRequest,
    DepartmentUploadBatchResponse as DepartmentUploadBatchResponse,
)
from mi_core.interfaces.i3402_department_update import (
    DepartmentUpdateRequest as DepartmentUpdateRequest,
    DepartmentUpdateResponse as DepartmentUpdateResponse,
)
from mi_core.interfaces.i3403_department_cancellation import (
    DepartmentCancellationRequest as DepartmentCancellationRequest,
    DepartmentCancellationResponse as DepartmentCancellationResponse,
)
from mi_core.interfaces.i3501_stocktaking_upload import (
    StocktakingUploadRequest as StocktakingUploadRequest,
    StocktakingUploadResponse as StocktakingUploadResponse,
)
from mi_core.interfaces.i3501a_stocktaking_upload_batch import (
    StocktakingUploadBatchRequest as StocktakingUploadBatchRequest,
    StocktakingUploadBatchResponse as StocktakingUploadBatchResponse,
)
from mi_core.interfaces.i3502_stock_change import (
    StockChangeRequest as StockChangeRequest,
    StockChangeResponse as StockChangeResponse,
)
from mi_core.interfaces.i3502a_stock_change_batch import (
    StockChangeBatchRequest as StockChangeBatchRequest,
    StockChangeBatchResponse as StockChangeBatchResponse,
)
from mi_core.interfaces.i3503_goods_purchase import (
    GoodsPurchaseRequest as GoodsPurchaseRequest,
    GoodsPurchaseResponse as GoodsPurchaseResponse,
)
from mi_core.interfaces.i3503a_goods_purchase_batch import (
    GoodsPurchaseBatchRequest as GoodsPurchaseBatchRequest,
    GoodsPurchaseBatchResponse as GoodsPurchaseBatchResponse,
)
from mi_core.interfaces.i3504_goods_purchase_return import (
    GoodsPurchaseReturnRequest as GoodsPurchaseReturnRequest,
    GoodsPurchaseReturnResponse as GoodsPurchaseReturnResponse,
)
from mi_core.interfaces.i3504a_goods_purchase_return_batch import (
    GoodsPurchaseReturnBatchRequest as GoodsPurchaseReturnBatchRequest,
    GoodsPurchaseReturnBatchResponse as GoodsPurchaseReturnBatchResponse,
)
from mi_core.interfaces.i3505_goods_sale import (
    GoodsSaleRequest as GoodsSaleRequest,
    GoodsSaleResponse as GoodsSaleResponse,
)
from mi_core.interfaces.i3505a_goods_sale_batch import (
    GoodsSaleBatchRequest as GoodsSaleBatchRequest,
    GoodsSaleBatchResponse as GoodsSaleBatchResponse,
)
from mi_core.interfaces.i3506_goods_sale_return import (
    GoodsSaleReturnRequest as GoodsSaleReturnRequest,
    GoodsSaleReturnResponse as GoodsSaleReturnResponse,
)
from mi_core.interfaces.i3506a_goods_sale_return_batch import (
    GoodsSaleReturnBatchRequest as GoodsSaleReturnBatchRequest,
    GoodsSaleReturnBatchResponse as GoodsSaleReturnBatchResponse,
)
from mi_core.interfaces.i3507_goods_record_deletion import (
    GoodsRecordDeletionRequest as GoodsRecordDeletionRequest,
    GoodsRecordDeletionResponse as GoodsRecordDeletionResponse,
)
from mi_core.interfaces.i3507a_goods_record_deletion_batch import (
    GoodsRecordDeletionBatchRequest as GoodsRecordDeletionBatchRequest,
    GoodsRecordDeletionBatchResponse as GoodsRecordDeletionBatchResponse,
)
from mi_core.interfaces.i3508_goods_stock_query import (
    GoodsStockQueryRequest as GoodsStockQueryRequest,
    GoodsStockQueryResponse as GoodsStockQueryResponse,
)
from mi_core.interfaces.i3509_goods_stock_change_query import (
    GoodsStockChangeQueryRequest as GoodsStockChangeQueryRequest,
    GoodsStockChangeQueryResponse as GoodsStockChangeQueryResponse,
)
from mi_core.interfaces.i3510_goods_purchase_query import (
    GoodsPurchaseQueryRequest as GoodsPurchaseQueryRequest,
    GoodsPurchaseQueryResponse as GoodsPurchaseQueryResponse,
)
from mi_core.interfaces.i3511_goods_sale_query import (
    GoodsSaleQueryRequest as GoodsSaleQueryRequest,
    GoodsSaleQueryResponse as GoodsSaleQueryResponse,
)
from mi_core.interfaces.i3512_received_drug_traceability_query import (
    ReceivedDrugTraceabilityQueryRequest as ReceivedDrugTraceabilityQueryRequest,
    ReceivedDrugTraceabilityQueryResponse as ReceivedDrugTraceabilityQueryResponse,
)
from mi_core.interfaces.i3513_sold_drug_traceability_query import (
    SoldDrugTraceabilityQueryRequest as SoldDrugTraceabilityQueryRequest,
    SoldDrugTraceabilityQueryResponse as SoldDrugTraceabilityQueryResponse,
)
from mi_core.interfaces.i3592b_virtual_traceability_code import (
    VirtualTraceabilityCodeRequest as VirtualTraceabilityCodeRequest,
    VirtualTraceabilityCodeResponse as VirtualTraceabilityCodeResponse,
)
from mi_core.interfaces.i3601_drg_exit_application_query import (
    DrgExitApplicationQueryRequest as DrgExitApplicationQueryRequest,
    DrgExitApplicationQueryResponse as DrgExitApplicationQueryResponse,
)
from mi_core.interfaces.i3602_drg_exit_application_save import (
    DrgExitApplicationSaveRequest as DrgExitApplicationSaveRequest,
    DrgExitApplicationSaveResponse as DrgExitApplicationSaveResponse,
)
from mi_core.interfaces.i3603_drg_exit_application_update import (
    DrgExitApplicationUpdateRequest as DrgExitApplicationUpdateRequest,
    DrgExitApplicationUpdateResponse as DrgExitApplicationUpdateResponse,
)
from mi_core.interfaces.i3604_drg_exit_review_query import (
    DrgExitReviewQueryRequest as DrgExitReviewQueryRequest,
    DrgExitReviewQueryResponse as DrgExitReviewQueryResponse,
)
from mi_core.interfaces.i3605_drg_grouping_query import (
    DrgGroupingQueryRequest as DrgGroupingQueryRequest,
    DrgGroupingQueryResponse as DrgGroupingQueryResponse,
)
from mi_core.interfaces.i3606_dip_grouping_query import (
    DipGroupingQueryRequest as DipGroupingQueryRequest,
    DipGroupingQueryResponse as DipGroupingQueryResponse,
)
from mi_core.interfaces.i3607_grouping_quality_control_query import (
    GroupingQualityControlQueryRequest as GroupingQualityControlQueryRequest,
    GroupingQualityControlQueryResponse as GroupingQualityControlQueryResponse,
)
from mi_core.interfaces.i3608_dip_grouping_summary_query import (
    DipGroupingSummaryQueryRequest as DipGroupingSummaryQueryRequest,
    DipGroupingSummaryQueryResponse as DipGroupingSummaryQueryResponse,
)
from mi_core.interfaces.i3609_dip_grouping_statistics_query import (
    DipGroupingStatisticsQueryRequest as DipGroupingStatisticsQueryRequest,
    DipGroupingStatisticsQueryResponse as DipGroupingStatisticsQueryResponse,
)
from mi_core.interfaces.i3610_drg_grouping_summary_query import (
    DrgGroupingSummaryQueryRequest as DrgGroupingSummaryQueryRequest,
    DrgGroupingSummaryQueryResponse as DrgGroupingSummaryQueryResponse,
)
from mi_core.interfaces.i3611_drg_grouping_statistics_query import (
    DrgGroupingStatisticsQueryRequest as DrgGroupingStatisticsQueryRequest,
    DrgGroupingStatisticsQueryResponse as DrgGroupingStatisticsQueryResponse,
)
from mi_core.interfaces.i3701_review_appeal_query import (
    ReviewAppealQueryRequest as ReviewAppealQueryRequest,
    ReviewAppealQueryResponse as ReviewAppealQueryResponse,
)
from mi_core.interfaces.i3702_appeal_submission import (
    AppealSubmissionRequest as AppealSubmissionRequest,
    AppealSubmissionResponse as AppealSubmissionResponse,
)
from mi_core.interfaces.i3703_panel_review_submission import (
    PanelReviewSubmissionRequest as PanelReviewSubmissionRequest,
    PanelReviewSubmissionResponse as PanelReviewSubmissionResponse,
)
from mi_core.interfaces.i3704_appeal_attachment_upload import (
    AppealAttachmentUploadRequest as AppealAttachmentUploadRequest,
    AppealAttachmentUploadResponse as AppealAttachmentUploadResponse,
)
from mi_core.interfaces.i4101_settlement_list_upload import (
    SettlementListUploadRequest as SettlementListUploadRequest,
    SettlementListUploadResponse as SettlementListUploadResponse,
)
from mi_core.interfaces.i4102_settlement_list_status_update import (
    SettlementListStatusUpdateRequest as SettlementListStatusUpdateRequest,
    SettlementListStatusUpdateResponse as SettlementListStatusUpdateResponse,
)
from mi_core.interfaces.i4103_settlement_list_query import (
    SettlementListQueryRequest as SettlementListQueryRequest,
    SettlementListQueryResponse as SettlementListQueryResponse,
)
from mi_core.interfaces.i4104_settlement_list_quality_control_query import (
    SettlementListQualityControlQueryRequest as SettlementListQualityControlQueryRequest,
    SettlementListQualityControlQueryResponse as SettlementListQualityControlQueryResponse,
)
from mi_core.interfaces.i4105_settlement_list_count_query import (
    SettlementListCountQueryRequest as SettlementListCountQueryRequest,
    SettlementListCountQueryResponse as SettlementListCountQueryResponse,
)
from mi_core.interfaces.i4201_self_paid_fee_upload import (
    SelfPaidFeeUploadRequest as SelfPaidFeeUploadRequest,
    SelfPaidFeeUploadResponse as SelfPaidFeeUploadResponse,
)
from mi_core.interfaces.i4261_self_paid_visit_fee_upload import (
    SelfPaidVisitFeeUploadRequest as SelfPaidVisitFeeUploadRequest,
    SelfPaidVisitFeeUploadResponse as SelfPaidVisitFeeUploadResponse,
)
from mi_core.interfaces.i4262_uploaded_fee_reconciliation import (
    UploadedFeeReconciliationRequest as UploadedFeeReconciliationRequest,
    UploadedFeeReconciliationResponse as UploadedFeeReconciliationResponse,
)
from mi_core.interfaces.i4263_self_paid_reimbursement_mismatch_query import (
    SelfPaidReimbursementMismatchQueryRequest as SelfPaidReimbursementMismatchQueryRequest,
    SelfPaidReimbursementMismatchQueryResponse as SelfPaidReimbursementMismatchQueryResponse,
)
from mi_core.interfaces.i4301_outpatient_treatment_record_upload import (
    OutpatientTreatmentRecordUploadRequest as OutpatientTreatmentRecordUploadRequest,
    OutpatientTreatmentRecordUploadResponse as OutpatientTreatmentRecordUploadResponse,
)
from mi_core.interfaces.i4302_emergency_surgery_resuscitation_upload import (
    EmergencySurgeryResuscitationUploadRequest as EmergencySurgeryResuscitationUploadRequest,
    EmergencySurgeryResuscitationUploadResponse as EmergencySurgeryResuscitationUploadResponse,
)
from mi_core.interfaces.i4401_medical_record_front_page_upload import (
    MedicalRecordFrontPageUploadRequest as MedicalRecordFrontPageUploadRequest,
    MedicalRecordFrontPageUploadResponse as MedicalRecordFrontPageUploadResponse,
)
from mi_core.interfaces.i4402_inpatient_order_upload import (
    InpatientOrderUploadRequest as InpatientOrderUploadRequest,
    InpatientOrderUploadResponse as InpatientOrderUploadResponse,
)
from mi_core.interfaces.i4402a_inpatient_order_upload_with_staff import (
    InpatientOrderUploadWithStaffRequest as InpatientOrderUploadWithStaffRequest,
    InpatientOrderUploadWithStaffResponse as InpatientOrderUploadWithStaffResponse,
)
from mi_core.interfaces.i4501_examination_report_upload import (
    ExaminationReportUploadRequest as ExaminationReportUploadRequest,
    ExaminationReportUploadResponse as ExaminationReportUploadResponse,
)
from mi_core.interfaces.i4502_laboratory_report_upload import (
    LaboratoryReportUploadRequest as LaboratoryReportUploadRequest,
    LaboratoryReportUploadResponse as LaboratoryReportUploadResponse,
)
from mi_core.interfaces.i4503_bacterial_culture_report_upload import (
    BacterialCultureReportUploadRequest as BacterialCultureReportUploadRequest,
    BacterialCultureReportUploadResponse as BacterialCultureReportUploadResponse,
)
from mi_core.interfaces.i4504_drug_susceptibility_report_upload import (
    DrugSusceptibilityReportUploadRequest as DrugSusceptibilityReportUploadRequest,
    DrugSusceptibilityReportUploadResponse as DrugSusceptibilityReportUploadResponse,
)
from mi_core.interfaces.i4505_pathology_report_upload import (
    PathologyReportUploadRequest as PathologyReportUploadRequest,
    PathologyReportUploadResponse as PathologyReportUploadResponse,
)
from mi_core.interfaces.i4506_unstructured_report_upload import (
    UnstructuredReportUploadRequest as UnstructuredReportUploadRequest,
    UnstructuredReportUploadResponse as UnstructuredReportUploadResponse,
)
from mi_core.interfaces.i4507_examination_report_query import (
    ExaminationReportQueryRequest as ExaminationReportQueryRequest,
    ExaminationReportQueryResponse as ExaminationReportQueryResponse,
)
from mi_core.interfaces.i4508_laboratory_report_query import (
    LaboratoryReportQueryRequest as LaboratoryReportQueryRequest,
    LaboratoryReportQueryResponse as LaboratoryReportQueryResponse,
)
from mi_core.interfaces.i4509_bacterial_culture_report_query import (
    BacterialCultureReportQueryRequest as BacterialCultureReportQueryRequest,
    BacterialCultureReportQueryResponse as BacterialCultureReportQueryResponse,
)
from mi_core.interfaces.i4510_drug_susceptibility_report_query import (
    DrugSusceptibilityReportQueryRequest as DrugSusceptibilityReportQueryRequest,
    DrugSusceptibilityReportQueryResponse as DrugSusceptibilityReportQueryResponse,
)
from mi_core.interfaces.i4511_pathology_report_query import (
    PathologyReportQueryRequest as PathologyReportQueryRequest,
    PathologyReportQueryResponse as PathologyReportQueryResponse,
)
from mi_core.interfaces.i4512_unstructured_report_query import (
    UnstructuredReportQueryRequest as UnstructuredReportQueryRequest,
    UnstructuredReportQueryResponse as UnstructuredReportQueryResponse,
)
from mi_core.interfaces.i4601_blood_transfusion_upload import (
    BloodTransfusionUploadRequest as BloodTransfusionUploadRequest,
    BloodTransfusionUploadResponse as BloodTransfusionUploadResponse,
)
from mi_core.interfaces.i4602_nursing_vital_signs_upload import (
    NursingVitalSignsUploadRequest as NursingVitalSignsUploadRequest,
    NursingVitalSignsUploadResponse as NursingVitalSignsUploadResponse,
)
from mi_core.interfaces.i4701_electronic_medical_record_upload import (
    ElectronicMedicalRecordUploadRequest as ElectronicMedicalRecordUploadRequest,
    ElectronicMedicalRecordUploadResponse as ElectronicMedicalRecordUploadResponse,
)
from mi_core.interfaces.i4901_settlement_voucher_upload import (
    SettlementVoucherUploadRequest as SettlementVoucherUploadRequest,
    SettlementVoucherUploadResponse as SettlementVoucherUploadResponse,
)
from mi_core.interfaces.i4902_settlement_voucher_upload_query import (
    SettlementVoucherUploadQueryRequest as SettlementVoucherUploadQueryRequest,
    SettlementVoucherUploadQueryResponse as SettlementVoucherUploadQueryResponse,
)
from mi_core.interfaces.i4905_settlement_voucher_reupload import (
    SettlementVoucherReuploadRequest as SettlementVoucherReuploadRequest,
    SettlementVoucherReuploadResponse as SettlementVoucherReuploadResponse,
)
from mi_core.interfaces.i5101_department_query import (
    DepartmentQueryRequest as DepartmentQueryRequest,
    DepartmentQueryResponse as DepartmentQueryResponse,
)
from mi_core.interfaces.i5102_practitioner_query import (
    PractitionerQueryRequest as PractitionerQueryRequest,
    PractitionerQueryResponse as PractitionerQueryResponse,
)
from mi_core.interfaces.i5201_visit_query import (
    VisitQueryRequest as VisitQueryRequest,
    VisitQueryResponse as VisitQueryResponse,
)
from mi_core.interfaces.i5202_diagnosis_query import (
    DiagnosisQueryRequest as DiagnosisQueryRequest,
    DiagnosisQueryResponse as DiagnosisQueryResponse,
)
from mi_core.interfaces.i5203_settlement_query import (
    SettlementQueryRequest as SettlementQueryRequest,
    SettlementQueryResponse as SettlementQueryResponse,
)
from mi_core.interfaces.i5204_fee_item_query import (
    FeeItemQueryRequest as FeeItemQueryRequest,
    FeeItemQueryResponse as FeeItemQueryResponse,
)
from mi_core.interfaces.i5205_chronic_disease_medication_query import (
    ChronicDiseaseMedicationQueryRequest as ChronicDiseaseMedicationQueryRequest,
    ChronicDiseaseMedicationQueryResponse as ChronicDiseaseMedicationQueryResponse,
)
from mi_core.interfaces.i5206_accumulated_amount_query import (
    AccumulatedAmountQueryRequest as AccumulatedAmountQueryRequest,
    AccumulatedAmountQueryResponse as AccumulatedAmountQueryResponse,
)
from mi_core.interfaces.i5301_chronic_disease_filing_query import (
    ChronicDiseaseFilingQueryRequest as ChronicDiseaseFilingQueryRequest,
    ChronicDiseaseFilingQueryResponse as ChronicDiseaseFilingQueryResponse,
)
from mi_core.interfaces.i5302_designated_institution_filing_query import (
    DesignatedInstitutionFilingQueryRequest as DesignatedInstitutionFilingQueryRequest,
    DesignatedInstitutionFilingQueryResponse as DesignatedInstitutionFilingQueryResponse,
)
from mi_core.interfaces.i5303_inpatient_stay_query import (
    InpatientStayQueryRequest as InpatientStayQueryRequest,
    InpatientStayQueryResponse as InpatientStayQueryResponse,
)
from mi_core.interfaces.i5304_transfer_filing_query import (
    TransferFilingQueryRequest as TransferFilingQueryRequest,
    TransferFilingQueryResponse as TransferFilingQueryResponse,
)
from mi_core.interfaces.i5401_mutual_recognition_item_query import (
    MutualRecognitionItemQueryRequest as MutualRecognitionItemQueryRequest,
    MutualRecognitionItemQueryResponse as MutualRecognitionItemQueryResponse,
)
from mi_core.interfaces.i5402_mutual_recognition_report_query import (
    MutualRecognitionReportQueryRequest as MutualRecognitionReportQueryRequest,
    MutualRecognitionReportQueryResponse as MutualRecognitionReportQueryResponse,
)
from mi_core.interfaces.i5461_mutual_recognition_authorisation import (
    MutualRecognitionAuthorisationRequest as MutualRecognitionAuthorisationRequest,
    MutualRecognitionAuthorisationResponse as MutualRecognitionAuthorisationResponse,
)
from mi_core.interfaces.i5501_settlement_voucher_status_query import (
    SettlementVoucherStatusQueryRequest as SettlementVoucherStatusQueryRequest,
    SettlementVoucherStatusQueryResponse as SettlementVoucherStatusQueryResponse,
)
from mi_core.interfaces.i6101_electronic_credential_decoding import (
    ElectronicCredentialDecodingRequest as ElectronicCredentialDecodingRequest,
    ElectronicCredentialDecodingResponse as ElectronicCredentialDecodingResponse,
)
from mi_core.interfaces.i6201_order_fee_upload import (
    OrderFeeUploadRequest as OrderFeeUploadRequest,
    OrderFeeUploadResponse as OrderFeeUploadResponse,
)
from mi_core.interfaces.i6202_payment_order import (
    PaymentOrderRequest as PaymentOrderRequest,
    PaymentOrderResponse as PaymentOrderResponse,
)
from mi_core.interfaces.i6203_order_refund import (
    OrderRefundRequest as OrderRefundRequest,
    OrderRefundResponse as OrderRefundResponse,
)
from mi_core.interfaces.i6204_order_synchronisation import (
    OrderSynchronisationRequest as OrderSynchronisationRequest,
    OrderSynchronisationResponse as OrderSynchronisationResponse,
)
from mi_core.interfaces.i6301_order_settlement_query import (
    OrderSettlementQueryRequest as OrderSettlementQueryRequest,
    OrderSettlementQueryResponse as OrderSettlementQueryResponse,
)
from mi_core.interfaces.i6302_order_settlement_notification import (
    OrderSettlementNotificationRequest as OrderSettlementNotificationRequest,
    OrderSettlementNotificationResponse as OrderSettlementNotificationResponse,
)
from mi_core.interfaces.i6401_order_fee_upload_cancellation import (
    OrderFeeUploadCancellationRequest as OrderFeeUploadCancellationRequest,
    OrderFeeUploadCancellationResponse as OrderFeeUploadCancellationResponse,
)
from mi_core.interfaces.i7101_prescription_pre_verification import (
    PrescriptionPreVerificationRequest as PrescriptionPreVerificationRequest,
    PrescriptionPreVerificationResponse as PrescriptionPreVerificationResponse,
)
from mi_core.interfaces.i7102_prescription_signature import (
    PrescriptionSignatureRequest as PrescriptionSignatureRequest,
    PrescriptionSignatureResponse as PrescriptionSignatureResponse,
)
from mi_core.interfaces.i7103_prescription_upload import (
    PrescriptionUploadRequest as PrescriptionUploadRequest,
    PrescriptionUploadResponse as PrescriptionUploadResponse,
)
from mi_core.interfaces.i7104_prescription_cancellation import (
    PrescriptionCancellationRequest as PrescriptionCancellationRequest,
    PrescriptionCancellationResponse as PrescriptionCancellationResponse,
)
from mi_core.interfaces.i7105_prescription_query import (
    PrescriptionQueryRequest as PrescriptionQueryRequest,
    PrescriptionQueryResponse as PrescriptionQueryResponse,
)
from mi_core.interfaces.i7106_prescription_review_query import (
    PrescriptionReviewQueryRequest as PrescriptionReviewQueryRequest,
    PrescriptionReviewQueryResponse as PrescriptionReviewQueryResponse,
)
from mi_core.interfaces.i7107_prescription_settlement_query import (
    PrescriptionSettlementQueryRequest as PrescriptionSettlementQueryRequest,
    PrescriptionSettlementQueryResponse as PrescriptionSettlementQueryResponse,
)
from mi_core.interfaces.i7108_prescription_review_notification import (
    PrescriptionReviewNotificationRequest as PrescriptionReviewNotificationRequest,
    PrescriptionReviewNotificationResponse as PrescriptionReviewNotificationResponse,
)
from mi_core.interfaces.i7109_prescription_settlement_notification import (
    PrescriptionSettlementNotificationRequest as PrescriptionSettlementNotificationRequest,
    PrescriptionSettlementNotificationResponse as PrescriptionSettlementNotificationResponse,
)
from mi_core.interfaces.i7201_prescription_offline_authorisation import (
    PrescriptionOfflineAuthorisationRequest as PrescriptionOfflineAuthorisationRequest,
    PrescriptionOfflineAuthorisationResponse as PrescriptionOfflineAuthorisationResponse,
)
from mi_core.interfaces.i7202_prescription_online_query import (
    PrescriptionOnlineQueryRequest as PrescriptionOnlineQueryRequest,
    PrescriptionOnlineQueryResponse as PrescriptionOnlineQueryResponse,
)
from mi_core.interfaces.i7203_prescription_code_decoding import (
    PrescriptionCodeDecodingRequest as PrescriptionCodeDecodingRequest,
    PrescriptionCodeDecodingResponse as PrescriptionCodeDecodingResponse,
)
from mi_core.interfaces.i7204_prescription_download import (
    PrescriptionDownloadRequest as PrescriptionDownloadRequest,
    PrescriptionDownloadResponse as PrescriptionDownloadResponse,
)
from mi_core.interfaces.i7205_prescription_verification import (
    PrescriptionVerificationRequest as PrescriptionVerificationRequest,
    PrescriptionVerificationResponse as PrescriptionVerificationResponse,
)
from mi_core.interfaces.i7206_prescription_review_upload import (
    PrescriptionReviewUploadRequest as PrescriptionReviewUploadRequest,
    PrescriptionReviewUploadResponse as PrescriptionReviewUploadResponse,
)
from mi_core.interfaces.i7207_drug_sale_detail_upload import (
    DrugSaleDetailUploadRequest as DrugSaleDetailUploadRequest,
    DrugSaleDetailUploadResponse as DrugSaleDetailUploadResponse,
)
from mi_core.interfaces.i7208_drug_sale_detail_cancellation import (
    DrugSaleDetailCancellationRequest as DrugSaleDetailCancellationRequest,
    DrugSaleDetailCancellationResponse as DrugSaleDetailCancellationResponse,
)
from mi_core.interfaces.i7209_drug_delivery_synchronisation import (
    DrugDeliverySynchronisationRequest as DrugDeliverySynchronisationRequest,
    DrugDeliverySynchronisationResponse as DrugDeliverySynchronisationResponse,
)
from mi_core.interfaces.i7210_drug_delivery_confirmation import (
    DrugDeliveryConfirmationRequest as DrugDeliveryConfirmationRequest,
    DrugDeliveryConfirmationResponse as DrugDeliveryConfirmationResponse,
)
from mi_core.interfaces.i7211_prescription_drug_catalogue_query import (
    PrescriptionDrugCatalogueQueryRequest as PrescriptionDrugCatalogueQueryRequest,
    PrescriptionDrugCatalogueQueryResponse as PrescriptionDrugCatalogueQueryResponse,
)
from mi_core.interfaces.i9001_sign_in import (
    SignInRequest as SignInRequest,
    SignInResponse as SignInResponse,
)
from mi_core.interfaces.i9002_sign_out import (
    SignOutRequest as SignOutRequest,
    SignOutResponse as SignOutResponse,
)
from mi_core.interfaces.i9101_file_upload import (
    FileUploadRequest as FileUploadRequest,
    FileUploadResponse as FileUploadResponse,
)
from mi_core.interfaces.i9102_file_download import (
    FileDownloadRequest as FileDownloadRequest,
    FileDownloadResponse as FileDownloadResponse,
)
from mi_core.interfaces.i9601_face_authentication import (
    FaceAuthenticationRequest as FaceAuthenticationRequest,
    FaceAuthenticationResponse as FaceAuthenticationResponse,
)
from mi_core.interfaces.i9602_special_registration import (
    SpecialRegistrationRequest as SpecialRegistrationRequest,
    SpecialRegistrationResponse as SpecialRegistrationResponse,
)
from mi_core.interfaces.i9603_face_enrolment import (
    FaceEnrolmentRequest as FaceEnrolmentRequest,
    FaceEnrolmentResponse as FaceEnrolmentResponse,
)
from mi_core.interfaces.i9604_remote_bed_check_task_query import (
    RemoteBedCheckTaskQueryRequest as RemoteBedCheckTaskQueryRequest,
    RemoteBedCheckTaskQueryResponse as RemoteBedCheckTaskQueryResponse,
)
from mi_core.interfaces.i9605_remote_bed_check_appeal import (
    RemoteBedCheckAppealRequest as RemoteBedCheckAppealRequest,
    RemoteBedCheckAppealResponse as RemoteBedCheckAppealResponse,
)
from mi_core.model import Interface

ALL_CODES: Final[tuple[str, ...]]

def by_code(code: str) -> Interface[Any]: ...
