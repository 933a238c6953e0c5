from typing import Any, Final

from mi_plugins.regions.chongqing.interfaces.i1101_person_information import (
    PersonInformationRequest as PersonInformationRequest,
    PersonInformationResponse as PersonInformationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1161_card_reading import (
    CardReadingRequest as CardReadingRequest,
    CardReadingResponse as CardReadingResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1162_electronic_voucher_decoding import (
    ElectronicVoucherDecodingRequest as ElectronicVoucherDecodingRequest,
    ElectronicVoucherDecodingResponse as ElectronicVoucherDecodingResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1201_institution_information import (
    InstitutionInformationRequest as InstitutionInformationRequest,
    InstitutionInformationResponse as InstitutionInformationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1304_ethnic_medicine_catalogue_query import (
    EthnicMedicineCatalogueQueryRequest as EthnicMedicineCatalogueQueryRequest,
    EthnicMedicineCatalogueQueryResponse as EthnicMedicineCatalogueQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1312_insurance_catalogue_query import (
    InsuranceCatalogueQueryRequest as InsuranceCatalogueQueryRequest,
    InsuranceCatalogueQueryResponse as InsuranceCatalogueQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1316_insurance_catalogue_match_query import (
    InsuranceCatalogueMatchQueryRequest as InsuranceCatalogueMatchQueryRequest,
    InsuranceCatalogueMatchQueryResponse as InsuranceCatalogueMatchQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1317_institution_catalogue_match_query import (
    InstitutionCatalogueMatchQueryRequest as InstitutionCatalogueMatchQueryRequest,
    InstitutionCatalogueMatchQueryResponse as InstitutionCatalogueMatchQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1318_catalogue_price_limit_query import (
    CataloguePriceLimitQueryRequest as CataloguePriceLimitQueryRequest,
    CataloguePriceLimitQueryResponse as CataloguePriceLimitQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1319_catalogue_self_payment_ratio_query import (
    CatalogueSelfPaymentRatioQueryRequest as CatalogueSelfPaymentRatioQueryRequest,
    CatalogueSelfPaymentRatioQueryResponse as CatalogueSelfPaymentRatioQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i1901_dictionary_query import (
    DictionaryQueryRequest as DictionaryQueryRequest,
    DictionaryQueryResponse as DictionaryQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2001_benefit_entitlement_check import (
    BenefitEntitlementCheckRequest as BenefitEntitlementCheckRequest,
    BenefitEntitlementCheckResponse as BenefitEntitlementCheckResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2201_outpatient_registration import (
    OutpatientRegistrationRequest as OutpatientRegistrationRequest,
    OutpatientRegistrationResponse as OutpatientRegistrationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2202_outpatient_registration_cancellation import (
    OutpatientRegistrationCancellationRequest as OutpatientRegistrationCancellationRequest,
    OutpatientRegistrationCancellationResponse as OutpatientRegistrationCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2203_outpatient_visit_upload import (
    OutpatientVisitUploadRequest as OutpatientVisitUploadRequest,
    OutpatientVisitUploadResponse as OutpatientVisitUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2203a_pharmacy_outpatient_visit_upload import (
    PharmacyOutpatientVisitUploadRequest as PharmacyOutpatientVisitUploadRequest,
    PharmacyOutpatientVisitUploadResponse as PharmacyOutpatientVisitUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2204_outpatient_fee_upload import (
    OutpatientFeeUploadRequest as OutpatientFeeUploadRequest,
    OutpatientFeeUploadResponse as OutpatientFeeUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2205_outpatient_fee_cancellation import (
    OutpatientFeeCancellationRequest as OutpatientFeeCancellationRequest,
    OutpatientFeeCancellationResponse as OutpatientFeeCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2206_outpatient_presettlement import (
    OutpatientPresettlementRequest as OutpatientPresettlementRequest,
    OutpatientPresettlementResponse as OutpatientPresettlementResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2207_outpatient_settlement import (
    OutpatientSettlementRequest as OutpatientSettlementRequest,
    OutpatientSettlementResponse as OutpatientSettlementResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2208_outpatient_settlement_cancellation import (
    OutpatientSettlementCancellationRequest as OutpatientSettlementCancellationRequest,
    OutpatientSettlementCancellationResponse as OutpatientSettlementCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2301_inpatient_fee_upload import (
    InpatientFeeUploadRequest as InpatientFeeUploadRequest,
    InpatientFeeUploadResponse as InpatientFeeUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2302_inpatient_fee_cancellation import (
    InpatientFeeCancellationRequest as InpatientFeeCancellationRequest,
    InpatientFeeCancellationResponse as InpatientFeeCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2303_inpatient_presettlement import (
    InpatientPresettlementRequest as InpatientPresettlementRequest,
    InpatientPresettlementResponse as InpatientPresettlementResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2304_inpatient_settlement import (
    InpatientSettlementRequest as InpatientSettlementRequest,
    InpatientSettlementResponse as InpatientSettlementResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2305_inpatient_settlement_cancellation import (
    InpatientSettlementCancellationRequest as InpatientSettlementCancellationRequest,
    InpatientSettlementCancellationResponse as InpatientSettlementCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2401_admission import (
    AdmissionRequest as AdmissionRequest,
    AdmissionResponse as AdmissionResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2402_discharge import (
    DischargeRequest as DischargeRequest,
    DischargeResponse as DischargeResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2403_admission_update import (
    AdmissionUpdateRequest as AdmissionUpdateRequest,
    AdmissionUpdateResponse as AdmissionUpdateResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2404_admission_cancellation import (
    AdmissionCancellationRequest as AdmissionCancellationRequest,
    AdmissionCancellationResponse as AdmissionCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2405_discharge_cancellation import (
    DischargeCancellationRequest as DischargeCancellationRequest,
    DischargeCancellationResponse as DischargeCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2501_transfer_filing import (
    TransferFilingRequest as TransferFilingRequest,
    TransferFilingResponse as TransferFilingResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2502_transfer_filing_cancellation import (
    TransferFilingCancellationRequest as TransferFilingCancellationRequest,
    TransferFilingCancellationResponse as TransferFilingCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2503_chronic_disease_filing import (
    ChronicDiseaseFilingRequest as ChronicDiseaseFilingRequest,
    ChronicDiseaseFilingResponse as ChronicDiseaseFilingResponse,
)
from mi_plugins.regions.chongqing.interfaces.i2505_designated_institution_filing import (
    DesignatedInstitutionFilingRequest as DesignatedInstitutionFilingRequest,
    DesignatedInstitutionFilingResponse as DesignatedInstitutionFilingResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3101_prospective_review_analysis import (
    ProspectiveReviewAnalysisRequest as ProspectiveReviewAnalysisRequest,
    ProspectiveReviewAnalysisResponse as ProspectiveReviewAnalysisResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3102_concurrent_review_analysis import (
    ConcurrentReviewAnalysisRequest as ConcurrentReviewAnalysisRequest,
    ConcurrentReviewAnalysisResponse as ConcurrentReviewAnalysisResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3201_settlement_total_reconciliation import (
    SettlementTotalReconciliationRequest as SettlementTotalReconciliationRequest,
    SettlementTotalReconciliationResponse as SettlementTotalReconciliationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3202_settlement_detail_reconciliation import (
    SettlementDetailReconciliationRequest as SettlementDetailReconciliationRequest,
    SettlementDetailReconciliationResponse as SettlementDetailReconciliationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3203_clearing_application import (
    ClearingApplicationRequest as ClearingApplicationRequest,
    ClearingApplicationResponse as ClearingApplicationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3204_clearing_application_cancellation import (
    ClearingApplicationCancellationRequest as ClearingApplicationCancellationRequest,
    ClearingApplicationCancellationResponse as ClearingApplicationCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3211_reconciliation_task_submission import (
    ReconciliationTaskSubmissionRequest as ReconciliationTaskSubmissionRequest,
    ReconciliationTaskSubmissionResponse as ReconciliationTaskSubmissionResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3212_reconciliation_task_query import (
    ReconciliationTaskQueryRequest as ReconciliationTaskQueryRequest,
    ReconciliationTaskQueryResponse as ReconciliationTaskQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3301_catalogue_mapping_upload import (
    CatalogueMappingUploadRequest as CatalogueMappingUploadRequest,
    CatalogueMappingUploadResponse as CatalogueMappingUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3302_catalogue_mapping_cancellation import (
    CatalogueMappingCancellationRequest as CatalogueMappingCancellationRequest,
    CatalogueMappingCancellationResponse as CatalogueMappingCancellationResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3501_stocktaking_upload import (
    StocktakingUploadRequest as StocktakingUploadRequest,
    StocktakingUploadResponse as StocktakingUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3502_stock_change import (
    StockChangeRequest as StockChangeRequest,
    StockChangeResponse as StockChangeResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3503_goods_purchase import (
    GoodsPurchaseRequest as GoodsPurchaseRequest,
    GoodsPurchaseResponse as GoodsPurchaseResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3504_goods_purchase_return import (
    GoodsPurchaseReturnRequest as GoodsPurchaseReturnRequest,
    GoodsPurchaseReturnResponse as GoodsPurchaseReturnResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3505_goods_sale import (
    GoodsSaleRequest as GoodsSaleRequest,
    GoodsSaleResponse as GoodsSaleResponse,
)
from mi_plugins.regions.chongqing.interfaces.i3506_goods_sale_return import (
    GoodsSaleReturnRequest as GoodsSaleReturnRequest,
    GoodsSaleReturnResponse as GoodsSaleReturnResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4101_settlement_list_upload import (
    SettlementListUploadRequest as SettlementListUploadRequest,
    SettlementListUploadResponse as SettlementListUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4101a_settlement_list_upload_with_blood import (
    SettlementListUploadWithBloodRequest as SettlementListUploadWithBloodRequest,
    SettlementListUploadWithBloodResponse as SettlementListUploadWithBloodResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4102_settlement_list_status_update import (
    SettlementListStatusUpdateRequest as SettlementListStatusUpdateRequest,
    SettlementListStatusUpdateResponse as SettlementListStatusUpdateResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4103_settlement_list_query import (
    SettlementListQueryRequest as SettlementListQueryRequest,
    SettlementListQueryResponse as SettlementListQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4104_settlement_list_quality_control_query import (
    SettlementListQualityControlQueryRequest as SettlementListQualityControlQueryRequest,
    SettlementListQualityControlQueryResponse as SettlementListQualityControlQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4401_medical_record_front_page_upload import (
    MedicalRecordFrontPageUploadRequest as MedicalRecordFrontPageUploadRequest,
    MedicalRecordFrontPageUploadResponse as MedicalRecordFrontPageUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4402_inpatient_order_upload import (
    InpatientOrderUploadRequest as InpatientOrderUploadRequest,
    InpatientOrderUploadResponse as InpatientOrderUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4501_examination_report_upload import (
    ExaminationReportUploadRequest as ExaminationReportUploadRequest,
    ExaminationReportUploadResponse as ExaminationReportUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4502_laboratory_report_upload import (
    LaboratoryReportUploadRequest as LaboratoryReportUploadRequest,
    LaboratoryReportUploadResponse as LaboratoryReportUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4505_pathology_report_upload import (
    PathologyReportUploadRequest as PathologyReportUploadRequest,
    PathologyReportUploadResponse as PathologyReportUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i4701_electronic_medical_record_upload import (
    ElectronicMedicalRecordUploadRequest as ElectronicMedicalRecordUploadRequest,
    ElectronicMedicalRecordUploadResponse as ElectronicMedicalRecordUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5102_practitioner_query import (
    PractitionerQueryRequest as PractitionerQueryRequest,
    PractitionerQueryResponse as PractitionerQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5201_visit_query import (
    VisitQueryRequest as VisitQueryRequest,
    VisitQueryResponse as VisitQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5202_diagnosis_query import (
    DiagnosisQueryRequest as DiagnosisQueryRequest,
    DiagnosisQueryResponse as DiagnosisQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5203_settlement_query import (
    SettlementQueryRequest as SettlementQueryRequest,
    SettlementQueryResponse as SettlementQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5205_chronic_disease_medication_query import (
    ChronicDiseaseMedicationQueryRequest as ChronicDiseaseMedicationQueryRequest,
    ChronicDiseaseMedicationQueryResponse as ChronicDiseaseMedicationQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5206_accumulated_amount_query import (
    AccumulatedAmountQueryRequest as AccumulatedAmountQueryRequest,
    AccumulatedAmountQueryResponse as AccumulatedAmountQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5301_chronic_disease_filing_query import (
    ChronicDiseaseFilingQueryRequest as ChronicDiseaseFilingQueryRequest,
    ChronicDiseaseFilingQueryResponse as ChronicDiseaseFilingQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5302_designated_institution_filing_query import (
    DesignatedInstitutionFilingQueryRequest as DesignatedInstitutionFilingQueryRequest,
    DesignatedInstitutionFilingQueryResponse as DesignatedInstitutionFilingQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i5304_transfer_filing_query import (
    TransferFilingQueryRequest as TransferFilingQueryRequest,
    TransferFilingQueryResponse as TransferFilingQueryResponse,
)
from mi_plugins.regions.chongqing.interfaces.i9001_sign_in import (
    SignInRequest as SignInRequest,
    SignInResponse as SignInResponse,
)
from mi_plugins.regions.chongqing.interfaces.i9002_sign_out import (
    SignOutRequest as SignOutRequest,
    SignOutResponse as SignOutResponse,
)
from mi_plugins.regions.chongqing.interfaces.i9101_file_upload import (
    FileUploadRequest as FileUploadRequest,
    FileUploadResponse as FileUploadResponse,
)
from mi_plugins.regions.chongqing.interfaces.i9102_file_download import (
    FileDownloadRequest as FileDownloadRequest,
    FileDownloadResponse as FileDownloadResponse,
)
from mi_core.interfaces import (
    AccidentalInjuryFilingRequest as AccidentalInjuryFilingRequest,
    AccidentalInjuryFilingResponse as AccidentalInjuryFilingResponse,
    AppealAttachmentUploadRequest as AppealAttachmentUploadRequest,
    AppealAttachmentUploadResponse as AppealAttachmentUploadResponse,
    AppealSubmissionRequest as AppealSubmissionRequest,
    AppealSubmissionResponse as AppealSubmissionResponse,
    BacterialCultureReportQueryRequest as BacterialCultureReportQueryRequest,
    BacterialCultureReportQueryResponse as BacterialCultureReportQueryResponse,
    BacterialCultureReportUploadRequest as BacterialCultureReportUploadRequest,
    BacterialCultureReportUploadResponse as BacterialCultureReportUploadResponse,
    BloodTransfusionUploadRequest as BloodTransfusionUploadRequest,
    BloodTransfusionUploadResponse as BloodTransfusionUploadResponse,
    ChronicDiseaseFilingCancellationRequest as ChronicDiseaseFilingCancellationRequest,
    ChronicDiseaseFilingCancellationResponse as ChronicDiseaseFilingCancellationResponse,
    Consumable27DigitCatalogueDownloadRequest as Consumable27DigitCatalogueDownloadRequest,
    Consumable27DigitCatalogueDownloadResponse as Consumable27DigitCatalogueDownloadResponse,
    ConsumableCatalogueDownloadRequest as ConsumableCatalogueDownloadRequest,
    ConsumableCatalogueDownloadResponse as ConsumableCatalogueDownloadResponse,
    DaySurgeryDiseaseCatalogueDownloadRequest as DaySurgeryDiseaseCatalogueDownloadRequest,
    DaySurgeryDiseaseCatalogueDownloadResponse as DaySurgeryDiseaseCatalogueDownloadResponse,
    DecoctionPieceCatalogueDownloadRequest as DecoctionPieceCatalogueDownloadRequest,
    DecoctionPieceCatalogueDownloadResponse as DecoctionPieceCatalogueDownloadResponse,
    DepartmentCancellationRequest as DepartmentCancellationRequest,
    DepartmentCancellationResponse as DepartmentCancellationResponse,
    DepartmentQueryRequest as DepartmentQueryRequest,
    DepartmentQueryResponse as DepartmentQueryResponse,
    DepartmentUpdateRequest as DepartmentUpdateRequest,
    DepartmentUpdateResponse as DepartmentUpdateResponse,
    DepartmentUploadBatchRequest as DepartmentUploadBatchRequest,
    DepartmentUploadBatchResponse as DepartmentUploadBatchResponse,
    DepartmentUploadRequest as DepartmentUploadRequest,
    DepartmentUploadResponse as DepartmentUploadResponse,
    DesignatedInstitutionFilingCancellationRequest as DesignatedInstitutionFilingCancellationRequest,
    DesignatedInstitutionFilingCancellationResponse as DesignatedInstitutionFilingCancellationResponse,
    DipGroupingQueryRequest as DipGroupingQueryRequest,
    DipGroupingQueryResponse as DipGroupingQueryResponse,
    DipGroupingStatisticsQueryRequest as DipGroupingStatisticsQueryRequest,
    DipGroupingStatisticsQueryResponse as DipGroupingStatisticsQueryResponse,
    DipGroupingSummaryQueryRequest as DipGroupingSummaryQueryRequest,
    DipGroupingSummaryQueryResponse as DipGroupingSummaryQueryResponse,
    DiseaseDiagnosisCatalogueDownloadRequest as DiseaseDiagnosisCatalogueDownloadRequest,
    DiseaseDiagnosisCatalogueDownloadResponse as DiseaseDiagnosisCatalogueDownloadResponse,
    DrgExitApplicationQueryRequest as DrgExitApplicationQueryRequest,
    DrgExitApplicationQueryResponse as DrgExitApplicationQueryResponse,
    DrgExitApplicationSaveRequest as DrgExitApplicationSaveRequest,
    DrgExitApplicationSaveResponse as DrgExitApplicationSaveResponse,
    DrgExitApplicationUpdateRequest as DrgExitApplicationUpdateRequest,
    DrgExitApplicationUpdateResponse as DrgExitApplicationUpdateResponse,
    DrgExitReviewQueryRequest as DrgExitReviewQueryRequest,
    DrgExitReviewQueryResponse as DrgExitReviewQueryResponse,
    DrgGroupingQueryRequest as DrgGroupingQueryRequest,
    DrgGroupingQueryResponse as DrgGroupingQueryResponse,
    DrgGroupingStatisticsQueryRequest as DrgGroupingStatisticsQueryRequest,
    DrgGroupingStatisticsQueryResponse as DrgGroupingStatisticsQueryResponse,
    DrgGroupingSummaryQueryRequest as DrgGroupingSummaryQueryRequest,
    DrgGroupingSummaryQueryResponse as DrgGroupingSummaryQueryResponse,
    DrugDeliveryConfirmationRequest as DrugDeliveryConfirmationRequest,
    DrugDeliveryConfirmationResponse as DrugDeliveryConfirmationResponse,
    DrugDeliverySynchronisationRequest as DrugDeliverySynchronisationRequest,
    DrugDeliverySynchronisationResponse as DrugDeliverySynchronisationResponse,
    DrugSaleDetailCancellationRequest as DrugSaleDetailCancellationRequest,
    DrugSaleDetailCancellationResponse as DrugSaleDetailCancellationResponse,
    DrugSaleDetailUploadRequest as DrugSaleDetailUploadRequest,
    DrugSaleDetailUploadResponse as DrugSaleDetailUploadResponse,
    DrugSusceptibilityReportQueryRequest as DrugSusceptibilityReportQueryRequest,
    DrugSusceptibilityReportQueryResponse as DrugSusceptibilityReportQueryResponse,
    DrugSusceptibilityReportUploadRequest as DrugSusceptibilityReportUploadRequest,
    DrugSusceptibilityReportUploadResponse as DrugSusceptibilityReportUploadResponse,
    ElectronicCredentialDecodingRequest as ElectronicCredentialDecodingRequest,
    ElectronicCredentialDecodingResponse as ElectronicCredentialDecodingResponse,
    EmergencySurgeryResuscitationUploadRequest as EmergencySurgeryResuscitationUploadRequest,
    EmergencySurgeryResuscitationUploadResponse as EmergencySurgeryResuscitationUploadResponse,
    ExaminationReportQueryRequest as ExaminationReportQueryRequest,
    ExaminationReportQueryResponse as ExaminationReportQueryResponse,
    FaceAuthenticationRequest as FaceAuthenticationRequest,
    FaceAuthenticationResponse as FaceAuthenticationResponse,
    FaceEnrolmentRequest as FaceEnrolmentRequest,
    FaceEnrolmentResponse as FaceEnrolmentResponse,
    FeeItemQueryRequest as FeeItemQueryRequest,
    FeeItemQueryResponse as FeeItemQueryResponse,
    FeeRemarkUpdateRequest as FeeRemarkUpdateRequest,
    FeeRemarkUpdateResponse as FeeRemarkUpdateResponse,
    GoodsPurchaseBatchRequest as GoodsPurchaseBatchRequest,
    GoodsPurchaseBatchResponse as GoodsPurchaseBatchResponse,
    GoodsPurchaseQueryRequest as GoodsPurchaseQueryRequest,
    GoodsPurchaseQueryResponse as GoodsPurchaseQueryResponse,
    GoodsPurchaseReturnBatchRequest as GoodsPurchaseReturnBatchRequest,
    GoodsPurchaseReturnBatchResponse as GoodsPurchaseReturnBatchResponse,
    GoodsRecordDeletionBatchRequest as GoodsRecordDeletionBatchRequest,
    GoodsRecordDeletionBatchResponse as GoodsRecordDeletionBatchResponse,
    GoodsRecordDeletionRequest as GoodsRecordDeletionRequest,
    GoodsRecordDeletionResponse as GoodsRecordDeletionResponse,
    GoodsSaleBatchRequest as GoodsSaleBatchRequest,
    GoodsSaleBatchResponse as GoodsSaleBatchResponse,
    GoodsSaleQueryRequest as GoodsSaleQueryRequest,
    GoodsSaleQueryResponse as GoodsSaleQueryResponse,
    GoodsSaleReturnBatchRequest as GoodsSaleReturnBatchRequest,
    GoodsSaleReturnBatchResponse as GoodsSaleReturnBatchResponse,
    GoodsStockChangeQueryRequest as GoodsStockChangeQueryRequest,
    GoodsStockChangeQueryResponse as GoodsStockChangeQueryResponse,
    GoodsStockQueryRequest as GoodsStockQueryRequest,
    GoodsStockQueryResponse as GoodsStockQueryResponse,
    GroupingQualityControlQueryRequest as GroupingQualityControlQueryRequest,
    GroupingQualityControlQueryResponse as GroupingQualityControlQueryResponse,
    HospitalPreparationCatalogueDownloadRequest as HospitalPreparationCatalogueDownloadRequest,
    HospitalPreparationCatalogueDownloadResponse as HospitalPreparationCatalogueDownloadResponse,
    InVitroReagentCategoryDownloadRequest as InVitroReagentCategoryDownloadRequest,
    InVitroReagentCategoryDownloadResponse as InVitroReagentCategoryDownloadResponse,
    InVitroReagentCertificateDownloadRequest as InVitroReagentCertificateDownloadRequest,
    InVitroReagentCertificateDownloadResponse as InVitroReagentCertificateDownloadResponse,
    InVitroReagentCertificateLinkDownloadRequest as InVitroReagentCertificateLinkDownloadRequest,
    InVitroReagentCertificateLinkDownloadResponse as InVitroReagentCertificateLinkDownloadResponse,
    InVitroReagentIndicatorDownloadRequest as InVitroReagentIndicatorDownloadRequest,
    InVitroReagentIndicatorDownloadResponse as InVitroReagentIndicatorDownloadResponse,
    InVitroReagentProductCodeDownloadRequest as InVitroReagentProductCodeDownloadRequest,
    InVitroReagentProductCodeDownloadResponse as InVitroReagentProductCodeDownloadResponse,
    InVitroReagentProductDownloadRequest as InVitroReagentProductDownloadRequest,
    InVitroReagentProductDownloadResponse as InVitroReagentProductDownloadResponse,
    InpatientOrderUploadWithStaffRequest as InpatientOrderUploadWithStaffRequest,
    InpatientOrderUploadWithStaffResponse as InpatientOrderUploadWithStaffResponse,
    InpatientStayQueryRequest as InpatientStayQueryRequest,
    InpatientStayQueryResponse as InpatientStayQueryResponse,
    LaboratoryReportQueryRequest as LaboratoryReportQueryRequest,
    LaboratoryReportQueryResponse as LaboratoryReportQueryResponse,
    MedicalServiceCatalogueDownloadRequest as MedicalServiceCatalogueDownloadRequest,
    MedicalServiceCatalogueDownloadResponse as MedicalServiceCatalogueDownloadResponse,
    MonthlyDeclarationDetailQueryRequest as MonthlyDeclarationDetailQueryRequest,
    MonthlyDeclarationDetailQueryResponse as MonthlyDeclarationDetailQueryResponse,
    MonthlyDeclarationFundQueryRequest as MonthlyDeclarationFundQueryRequest,
    MonthlyDeclarationFundQueryResponse as MonthlyDeclarationFundQueryResponse,
    MonthlyDeclarationSummaryQueryRequest as MonthlyDeclarationSummaryQueryRequest,
    MonthlyDeclarationSummaryQueryResponse as MonthlyDeclarationSummaryQueryResponse,
    MutualRecognitionAuthorisationRequest as MutualRecognitionAuthorisationRequest,
    MutualRecognitionAuthorisationResponse as MutualRecognitionAuthorisationResponse,
    MutualRecognitionItemQueryRequest as MutualRecognitionItemQueryRequest,
    MutualRecognitionItemQueryResponse as MutualRecognitionItemQueryResponse,
    MutualRecognitionReportQueryRequest as MutualRecognitionReportQueryRequest,
    MutualRecognitionReportQueryResponse as MutualRecognitionReportQueryResponse,
    NewMedicalServiceCatalogueDownloadRequest as NewMedicalServiceCatalogueDownloadRequest,
    NewMedicalServiceCatalogueDownloadResponse as NewMedicalServiceCatalogueDownloadResponse,
    NursingVitalSignsUploadRequest as NursingVitalSignsUploadRequest,
    NursingVitalSignsUploadResponse as NursingVitalSignsUploadResponse,
    OrderFeeUploadCancellationRequest as OrderFeeUploadCancellationRequest,
    OrderFeeUploadCancellationResponse as OrderFeeUploadCancellationResponse,
    OrderFeeUploadRequest as OrderFeeUploadRequest,
    OrderFeeUploadResponse as OrderFeeUploadResponse,
    OrderRefundRequest as OrderRefundRequest,
    OrderRefundResponse as OrderRefundResponse,
    OrderSettlementNotificationRequest as OrderSettlementNotificationRequest,
    OrderSettlementNotificationResponse as OrderSettlementNotificationResponse,
    OrderSettlementQueryRequest as OrderSettlementQueryRequest,
    OrderSettlementQueryResponse as OrderSettlementQueryResponse,
    OrderSynchronisationRequest as OrderSynchronisationRequest,
    OrderSynchronisationResponse as OrderSynchronisationResponse,
    OutpatientChronicDiseaseCatalogueDownloadRequest as OutpatientChronicDiseaseCatalogueDownloadRequest,
    OutpatientChronicDiseaseCatalogueDownloadResponse as OutpatientChronicDiseaseCatalogueDownloadResponse,
    OutpatientTreatmentRecordUploadRequest as OutpatientTreatmentRecordUploadRequest,
    OutpatientTreatmentRecordUploadResponse as OutpatientTreatmentRecordUploadResponse,
    PanelReviewSubmissionRequest as PanelReviewSubmissionRequest,
    PanelReviewSubmissionResponse as PanelReviewSubmissionResponse,
    PathologyReportQueryRequest as PathologyReportQueryRequest,
    PathologyReportQueryResponse as PathologyReportQueryResponse,
    PaymentByDiseaseCatalogueDownloadRequest as PaymentByDiseaseCatalogueDownloadRequest,
    PaymentByDiseaseCatalogueDownloadResponse as PaymentByDiseaseCatalogueDownloadResponse,
    PaymentOrderRequest as PaymentOrderRequest,
    PaymentOrderResponse as PaymentOrderResponse,
    PharmacyLedgerDetailQueryRequest as PharmacyLedgerDetailQueryRequest,
    PharmacyLedgerDetailQueryResponse as PharmacyLedgerDetailQueryResponse,
    PharmacyLedgerSummaryQueryRequest as PharmacyLedgerSummaryQueryRequest,
    PharmacyLedgerSummaryQueryResponse as PharmacyLedgerSummaryQueryResponse,
    PharmacyPresettlementRequest as PharmacyPresettlementRequest,
    PharmacyPresettlementResponse as PharmacyPresettlementResponse,
    PharmacySettlementCancellationRequest as PharmacySettlementCancellationRequest,
    PharmacySettlementCancellationResponse as PharmacySettlementCancellationResponse,
    PharmacySettlementRequest as PharmacySettlementRequest,
    PharmacySettlementResponse as PharmacySettlementResponse,
    PolicyItemQueryRequest as PolicyItemQueryRequest,
    PolicyItemQueryResponse as PolicyItemQueryResponse,
    PrescriptionCancellationRequest as PrescriptionCancellationRequest,
    PrescriptionCancellationResponse as PrescriptionCancellationResponse,
    PrescriptionCodeDecodingRequest as PrescriptionCodeDecodingRequest,
    PrescriptionCodeDecodingResponse as PrescriptionCodeDecodingResponse,
    PrescriptionDownloadRequest as PrescriptionDownloadRequest,
    PrescriptionDownloadResponse as PrescriptionDownloadResponse,
    PrescriptionDrugCatalogueQueryRequest as PrescriptionDrugCatalogueQueryRequest,
    PrescriptionDrugCatalogueQueryResponse as PrescriptionDrugCatalogueQueryResponse,
    PrescriptionOfflineAuthorisationRequest as PrescriptionOfflineAuthorisationRequest,
    PrescriptionOfflineAuthorisationResponse as PrescriptionOfflineAuthorisationResponse,
    PrescriptionOnlineQueryRequest as PrescriptionOnlineQueryRequest,
    PrescriptionOnlineQueryResponse as PrescriptionOnlineQueryResponse,
    PrescriptionPreVerificationRequest as PrescriptionPreVerificationRequest,
    PrescriptionPreVerificationResponse as PrescriptionPreVerificationResponse,
    PrescriptionQueryRequest as PrescriptionQueryRequest,
    PrescriptionQueryResponse as PrescriptionQueryResponse,
    PrescriptionReviewNotificationRequest as PrescriptionReviewNotificationRequest,
    PrescriptionReviewNotificationResponse as PrescriptionReviewNotificationResponse,
    PrescriptionReviewQueryRequest as PrescriptionReviewQueryRequest,
    PrescriptionReviewQueryResponse as PrescriptionReviewQueryResponse,
    PrescriptionReviewUploadRequest as PrescriptionReviewUploadRequest,
    PrescriptionReviewUploadResponse as PrescriptionReviewUploadResponse,
    PrescriptionSettlementNotificationRequest as PrescriptionSettlementNotificationRequest,
    PrescriptionSettlementNotificationResponse as PrescriptionSettlementNotificationResponse,
    PrescriptionSettlementQueryRequest as PrescriptionSettlementQueryRequest,
    PrescriptionSettlementQueryResponse as PrescriptionSettlementQueryResponse,
    PrescriptionSignatureRequest as PrescriptionSignatureRequest,
    PrescriptionSignatureResponse as PrescriptionSignatureResponse,
    PrescriptionUploadRequest as PrescriptionUploadRequest,
    PrescriptionUploadResponse as PrescriptionUploadResponse,
    PrescriptionVerificationRequest as PrescriptionVerificationRequest,
    PrescriptionVerificationResponse as PrescriptionVerificationResponse,
    ReceivedDrugTraceabilityQueryRequest as ReceivedDrugTraceabilityQueryRequest,
    ReceivedDrugTraceabilityQueryResponse as ReceivedDrugTraceabilityQueryResponse,
    RemoteBedCheckAppealRequest as RemoteBedCheckAppealRequest,
    RemoteBedCheckAppealResponse as RemoteBedCheckAppealResponse,
    RemoteBedCheckTaskQueryRequest as RemoteBedCheckTaskQueryRequest,
    RemoteBedCheckTaskQueryResponse as RemoteBedCheckTaskQueryResponse,
    RemotePharmacyOrderCancellationRequest as RemotePharmacyOrderCancellationRequest,
    RemotePharmacyOrderCancellationResponse as RemotePharmacyOrderCancellationResponse,
    RemotePharmacyOrderQueryRequest as RemotePharmacyOrderQueryRequest,
    RemotePharmacyOrderQueryResponse as RemotePharmacyOrderQueryResponse,
    RemotePharmacyPersonQueryRequest as RemotePharmacyPersonQueryRequest,
    RemotePharmacyPersonQueryResponse as RemotePharmacyPersonQueryResponse,
    RemotePharmacyPresettlementRequest as RemotePharmacyPresettlementRequest,
    RemotePharmacyPresettlementResponse as RemotePharmacyPresettlementResponse,
    RemotePharmacyRefundRequest as RemotePharmacyRefundRequest,
    RemotePharmacyRefundResponse as RemotePharmacyRefundResponse,
    RemotePharmacyReversalRequest as RemotePharmacyReversalRequest,
    RemotePharmacyReversalResponse as RemotePharmacyReversalResponse,
    RemotePharmacySettlementQueryRequest as RemotePharmacySettlementQueryRequest,
    RemotePharmacySettlementQueryResponse as RemotePharmacySettlementQueryResponse,
    ReversalRequest as ReversalRequest,
    ReversalResponse as ReversalResponse,
    ReviewAppealQueryRequest as ReviewAppealQueryRequest,
    ReviewAppealQueryResponse as ReviewAppealQueryResponse,
    ReviewFeedbackRequest as ReviewFeedbackRequest,
    ReviewFeedbackResponse as ReviewFeedbackResponse,
    SelfPaidFeeUploadRequest as SelfPaidFeeUploadRequest,
    SelfPaidFeeUploadResponse as SelfPaidFeeUploadResponse,
    SelfPaidReimbursementMismatchQueryRequest as SelfPaidReimbursementMismatchQueryRequest,
    SelfPaidReimbursementMismatchQueryResponse as SelfPaidReimbursementMismatchQueryResponse,
    SelfPaidVisitFeeUploadRequest as SelfPaidVisitFeeUploadRequest,
    SelfPaidVisitFeeUploadResponse as SelfPaidVisitFeeUploadResponse,
    SettlementListCountQueryRequest as SettlementListCountQueryRequest,
    SettlementListCountQueryResponse as SettlementListCountQueryResponse,
    SettlementVoucherReuploadRequest as SettlementVoucherReuploadRequest,
    SettlementVoucherReuploadResponse as SettlementVoucherReuploadResponse,
    SettlementVoucherStatusQueryRequest as SettlementVoucherStatusQueryRequest,
    SettlementVoucherStatusQueryResponse as SettlementVoucherStatusQueryResponse,
    SettlementVoucherUploadQueryRequest as SettlementVoucherUploadQueryRequest,
    SettlementVoucherUploadQueryResponse as SettlementVoucherUploadQueryResponse,
    SettlementVoucherUploadRequest as SettlementVoucherUploadRequest,
    SettlementVoucherUploadResponse as SettlementVoucherUploadResponse,
    SoldDrugTraceabilityQueryRequest as SoldDrugTraceabilityQueryRequest,
    SoldDrugTraceabilityQueryResponse as SoldDrugTraceabilityQueryResponse,
    SpecialRegistrationRequest as SpecialRegistrationRequest,
    SpecialRegistrationResponse as SpecialRegistrationResponse,
    SpecialVisitAttributeQueryRequest as SpecialVisitAttributeQueryRequest,
    SpecialVisitAttributeQueryResponse as SpecialVisitAttributeQueryResponse,
    SpecialVisitAttributeUploadRequest as SpecialVisitAttributeUploadRequest,
    SpecialVisitAttributeUploadResponse as SpecialVisitAttributeUploadResponse,
    StockChangeBatchRequest as StockChangeBatchRequest,
    StockChangeBatchResponse as StockChangeBatchResponse,
    StocktakingUploadBatchRequest as StocktakingUploadBatchRequest,
    StocktakingUploadBatchResponse as StocktakingUploadBatchResponse,
    SurgicalProcedureCatalogueDownloadRequest as SurgicalProcedureCatalogueDownloadRequest,
    SurgicalProcedureCatalogueDownloadResponse as SurgicalProcedureCatalogueDownloadResponse,
    TcmDiseaseCatalogueDownloadRequest as TcmDiseaseCatalogueDownloadRequest,
    TcmDiseaseCatalogueDownloadResponse as TcmDiseaseCatalogueDownloadResponse,
    TcmFormulaGranuleCatalogueDownloadRequest as TcmFormulaGranuleCatalogueDownloadRequest,
    TcmFormulaGranuleCatalogueDownloadResponse as TcmFormulaGranuleCatalogueDownloadResponse,
    TcmSyndromeCatalogueDownloadRequest as TcmSyndromeCatalogueDownloadRequest,
    TcmSyndromeCatalogueDownloadResponse as TcmSyndromeCatalogueDownloadResponse,
    TumourMorphologyCatalogueDownloadRequest as TumourMorphologyCatalogueDownloadRequest,
    TumourMorphologyCatalogueDownloadResponse as TumourMorphologyCatalogueDownloadResponse,
    UnstructuredReportQueryRequest as UnstructuredReportQueryRequest,
    UnstructuredReportQueryResponse as UnstructuredReportQueryResponse,
    UnstructuredReportUploadRequest as UnstructuredReportUploadRequest,
    UnstructuredReportUploadResponse as UnstructuredReportUploadResponse,
    UploadedFeeReconciliationRequest as UploadedFeeReconciliationRequest,
    UploadedFeeReconciliationResponse as UploadedFeeReconciliationResponse,
    VirtualTraceabilityCodeRequest as VirtualTraceabilityCodeRequest,
    VirtualTraceabilityCodeResponse as VirtualTraceabilityCodeResponse,
    WesternAndPatentDrugCatalogueDownloadRequest as WesternAndPatentDrugCatalogueDownloadRequest,
    WesternAndPatentDrugCatalogueDownloadResponse as WesternAndPatentDrugCatalogueDownloadResponse,
)
from mi_core.model import Interface

OWN_CODES: Final[tuple[str, ...]]
ALL_CODES: Final[tuple[str, ...]]

def by_code(code: str) -> Interface[Any]: ...
