from typing import Any, Final

from mi_plugins.regions.foshan.interfaces.i1101_person_information import (
    PersonInformationRequest as PersonInformationRequest,
    PersonInformationResponse as PersonInformationResponse,
)
from mi_plugins.regions.foshan.interfaces.i1160_treatment_application_query import (
    TreatmentApplicationQueryRequest as TreatmentApplicationQueryRequest,
    TreatmentApplicationQueryResponse as TreatmentApplicationQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i1201_institution_information import (
    InstitutionInformationRequest as InstitutionInformationRequest,
    InstitutionInformationResponse as InstitutionInformationResponse,
)
from mi_plugins.regions.foshan.interfaces.i1901_dictionary_query import (
    DictionaryQueryRequest as DictionaryQueryRequest,
    DictionaryQueryResponse as DictionaryQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i2102_pharmacy_settlement import (
    PharmacySettlementRequest as PharmacySettlementRequest,
    PharmacySettlementResponse as PharmacySettlementResponse,
)
from mi_plugins.regions.foshan.interfaces.i2103_pharmacy_settlement_cancellation import (
    PharmacySettlementCancellationRequest as PharmacySettlementCancellationRequest,
    PharmacySettlementCancellationResponse as PharmacySettlementCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2201_outpatient_registration import (
    OutpatientRegistrationRequest as OutpatientRegistrationRequest,
    OutpatientRegistrationResponse as OutpatientRegistrationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2202_outpatient_registration_cancellation import (
    OutpatientRegistrationCancellationRequest as OutpatientRegistrationCancellationRequest,
    OutpatientRegistrationCancellationResponse as OutpatientRegistrationCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2203_outpatient_visit_upload import (
    OutpatientVisitUploadRequest as OutpatientVisitUploadRequest,
    OutpatientVisitUploadResponse as OutpatientVisitUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i2203a_pharmacy_outpatient_visit_upload import (
    PharmacyOutpatientVisitUploadRequest as PharmacyOutpatientVisitUploadRequest,
    PharmacyOutpatientVisitUploadResponse as PharmacyOutpatientVisitUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i2204_outpatient_fee_upload import (
    OutpatientFeeUploadRequest as OutpatientFeeUploadRequest,
    OutpatientFeeUploadResponse as OutpatientFeeUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i2205_outpatient_fee_cancellation import (
    OutpatientFeeCancellationRequest as OutpatientFeeCancellationRequest,
    OutpatientFeeCancellationResponse as OutpatientFeeCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2206_outpatient_presettlement import (
    OutpatientPresettlementRequest as OutpatientPresettlementRequest,
    OutpatientPresettlementResponse as OutpatientPresettlementResponse,
)
from mi_plugins.regions.foshan.interfaces.i2207_outpatient_settlement import (
    OutpatientSettlementRequest as OutpatientSettlementRequest,
    OutpatientSettlementResponse as OutpatientSettlementResponse,
)
from mi_plugins.regions.foshan.interfaces.i2208_outpatient_settlement_cancellation import (
    OutpatientSettlementCancellationRequest as OutpatientSettlementCancellationRequest,
    OutpatientSettlementCancellationResponse as OutpatientSettlementCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2260_outpatient_visit_settlement import (
    OutpatientVisitSettlementRequest as OutpatientVisitSettlementRequest,
    OutpatientVisitSettlementResponse as OutpatientVisitSettlementResponse,
)
from mi_plugins.regions.foshan.interfaces.i2261_outpatient_visit_settlement_cancellation import (
    OutpatientVisitSettlementCancellationRequest as OutpatientVisitSettlementCancellationRequest,
    OutpatientVisitSettlementCancellationResponse as OutpatientVisitSettlementCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2301_inpatient_fee_upload import (
    InpatientFeeUploadRequest as InpatientFeeUploadRequest,
    InpatientFeeUploadResponse as InpatientFeeUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i2302_inpatient_fee_cancellation import (
    InpatientFeeCancellationRequest as InpatientFeeCancellationRequest,
    InpatientFeeCancellationResponse as InpatientFeeCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2303_inpatient_presettlement import (
    InpatientPresettlementRequest as InpatientPresettlementRequest,
    InpatientPresettlementResponse as InpatientPresettlementResponse,
)
from mi_plugins.regions.foshan.interfaces.i2304_inpatient_settlement import (
    InpatientSettlementRequest as InpatientSettlementRequest,
    InpatientSettlementResponse as InpatientSettlementResponse,
)
from mi_plugins.regions.foshan.interfaces.i2305_inpatient_settlement_cancellation import (
    InpatientSettlementCancellationRequest as InpatientSettlementCancellationRequest,
    InpatientSettlementCancellationResponse as InpatientSettlementCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2401_admission import (
    AdmissionRequest as AdmissionRequest,
    AdmissionResponse as AdmissionResponse,
)
from mi_plugins.regions.foshan.interfaces.i2402_discharge import (
    DischargeRequest as DischargeRequest,
    DischargeResponse as DischargeResponse,
)
from mi_plugins.regions.foshan.interfaces.i2403_admission_update import (
    AdmissionUpdateRequest as AdmissionUpdateRequest,
    AdmissionUpdateResponse as AdmissionUpdateResponse,
)
from mi_plugins.regions.foshan.interfaces.i2404_admission_cancellation import (
    AdmissionCancellationRequest as AdmissionCancellationRequest,
    AdmissionCancellationResponse as AdmissionCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2405_discharge_cancellation import (
    DischargeCancellationRequest as DischargeCancellationRequest,
    DischargeCancellationResponse as DischargeCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i2501a_transfer_filing_with_visit import (
    TransferFilingWithVisitRequest as TransferFilingWithVisitRequest,
    TransferFilingWithVisitResponse as TransferFilingWithVisitResponse,
)
from mi_plugins.regions.foshan.interfaces.i2505_designated_institution_filing import (
    DesignatedInstitutionFilingRequest as DesignatedInstitutionFilingRequest,
    DesignatedInstitutionFilingResponse as DesignatedInstitutionFilingResponse,
)
from mi_plugins.regions.foshan.interfaces.i2506_designated_institution_filing_cancellation import (
    DesignatedInstitutionFilingCancellationRequest as DesignatedInstitutionFilingCancellationRequest,
    DesignatedInstitutionFilingCancellationResponse as DesignatedInstitutionFilingCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i3201_settlement_total_reconciliation import (
    SettlementTotalReconciliationRequest as SettlementTotalReconciliationRequest,
    SettlementTotalReconciliationResponse as SettlementTotalReconciliationResponse,
)
from mi_plugins.regions.foshan.interfaces.i3202_settlement_detail_reconciliation import (
    SettlementDetailReconciliationRequest as SettlementDetailReconciliationRequest,
    SettlementDetailReconciliationResponse as SettlementDetailReconciliationResponse,
)
from mi_plugins.regions.foshan.interfaces.i3260_remote_clearing_detail_query import (
    RemoteClearingDetailQueryRequest as RemoteClearingDetailQueryRequest,
    RemoteClearingDetailQueryResponse as RemoteClearingDetailQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i3261_remote_clearing_confirmation import (
    RemoteClearingConfirmationRequest as RemoteClearingConfirmationRequest,
    RemoteClearingConfirmationResponse as RemoteClearingConfirmationResponse,
)
from mi_plugins.regions.foshan.interfaces.i3262_remote_clearing_confirmation_withdrawal import (
    RemoteClearingConfirmationWithdrawalRequest as RemoteClearingConfirmationWithdrawalRequest,
    RemoteClearingConfirmationWithdrawalResponse as RemoteClearingConfirmationWithdrawalResponse,
)
from mi_plugins.regions.foshan.interfaces.i3301_catalogue_mapping_upload import (
    CatalogueMappingUploadRequest as CatalogueMappingUploadRequest,
    CatalogueMappingUploadResponse as CatalogueMappingUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i3302_catalogue_mapping_cancellation import (
    CatalogueMappingCancellationRequest as CatalogueMappingCancellationRequest,
    CatalogueMappingCancellationResponse as CatalogueMappingCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i3360_catalogue_mapping_end import (
    CatalogueMappingEndRequest as CatalogueMappingEndRequest,
    CatalogueMappingEndResponse as CatalogueMappingEndResponse,
)
from mi_plugins.regions.foshan.interfaces.i3401_department_upload import (
    DepartmentUploadRequest as DepartmentUploadRequest,
    DepartmentUploadResponse as DepartmentUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i3402_department_update import (
    DepartmentUpdateRequest as DepartmentUpdateRequest,
    DepartmentUpdateResponse as DepartmentUpdateResponse,
)
from mi_plugins.regions.foshan.interfaces.i3403_department_cancellation import (
    DepartmentCancellationRequest as DepartmentCancellationRequest,
    DepartmentCancellationResponse as DepartmentCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i3461_bed_upload import (
    BedUploadRequest as BedUploadRequest,
    BedUploadResponse as BedUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i3462_bed_change import (
    BedChangeRequest as BedChangeRequest,
    BedChangeResponse as BedChangeResponse,
)
from mi_plugins.regions.foshan.interfaces.i3463_bed_cancellation import (
    BedCancellationRequest as BedCancellationRequest,
    BedCancellationResponse as BedCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i3467_doctor_upload import (
    DoctorUploadRequest as DoctorUploadRequest,
    DoctorUploadResponse as DoctorUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i3468_doctor_change import (
    DoctorChangeRequest as DoctorChangeRequest,
    DoctorChangeResponse as DoctorChangeResponse,
)
from mi_plugins.regions.foshan.interfaces.i3469_doctor_cancellation import (
    DoctorCancellationRequest as DoctorCancellationRequest,
    DoctorCancellationResponse as DoctorCancellationResponse,
)
from mi_plugins.regions.foshan.interfaces.i4101_settlement_list_upload import (
    SettlementListUploadRequest as SettlementListUploadRequest,
    SettlementListUploadResponse as SettlementListUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i4101a_settlement_list_upload_with_blood import (
    SettlementListUploadWithBloodRequest as SettlementListUploadWithBloodRequest,
    SettlementListUploadWithBloodResponse as SettlementListUploadWithBloodResponse,
)
from mi_plugins.regions.foshan.interfaces.i4201a_self_paid_fee_list_upload import (
    SelfPaidFeeListUploadRequest as SelfPaidFeeListUploadRequest,
    SelfPaidFeeListUploadResponse as SelfPaidFeeListUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i4202_self_paid_inpatient_visit_upload import (
    SelfPaidInpatientVisitUploadRequest as SelfPaidInpatientVisitUploadRequest,
    SelfPaidInpatientVisitUploadResponse as SelfPaidInpatientVisitUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i4203_self_paid_visit_completion import (
    SelfPaidVisitCompletionRequest as SelfPaidVisitCompletionRequest,
    SelfPaidVisitCompletionResponse as SelfPaidVisitCompletionResponse,
)
from mi_plugins.regions.foshan.interfaces.i4204_self_paid_fee_deletion import (
    SelfPaidFeeDeletionRequest as SelfPaidFeeDeletionRequest,
    SelfPaidFeeDeletionResponse as SelfPaidFeeDeletionResponse,
)
from mi_plugins.regions.foshan.interfaces.i4205_self_paid_outpatient_visit_upload import (
    SelfPaidOutpatientVisitUploadRequest as SelfPaidOutpatientVisitUploadRequest,
    SelfPaidOutpatientVisitUploadResponse as SelfPaidOutpatientVisitUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i4206_self_paid_outpatient_visit_deletion import (
    SelfPaidOutpatientVisitDeletionRequest as SelfPaidOutpatientVisitDeletionRequest,
    SelfPaidOutpatientVisitDeletionResponse as SelfPaidOutpatientVisitDeletionResponse,
)
from mi_plugins.regions.foshan.interfaces.i4207_self_paid_fee_query import (
    SelfPaidFeeQueryRequest as SelfPaidFeeQueryRequest,
    SelfPaidFeeQueryResponse as SelfPaidFeeQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i4208_self_paid_visit_query import (
    SelfPaidVisitQueryRequest as SelfPaidVisitQueryRequest,
    SelfPaidVisitQueryResponse as SelfPaidVisitQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i4209_self_paid_diagnosis_query import (
    SelfPaidDiagnosisQueryRequest as SelfPaidDiagnosisQueryRequest,
    SelfPaidDiagnosisQueryResponse as SelfPaidDiagnosisQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i4401_medical_record_front_page_upload import (
    MedicalRecordFrontPageUploadRequest as MedicalRecordFrontPageUploadRequest,
    MedicalRecordFrontPageUploadResponse as MedicalRecordFrontPageUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i4402_inpatient_order_upload import (
    InpatientOrderUploadRequest as InpatientOrderUploadRequest,
    InpatientOrderUploadResponse as InpatientOrderUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i4701_electronic_medical_record_upload import (
    ElectronicMedicalRecordUploadRequest as ElectronicMedicalRecordUploadRequest,
    ElectronicMedicalRecordUploadResponse as ElectronicMedicalRecordUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i5201_visit_query import (
    VisitQueryRequest as VisitQueryRequest,
    VisitQueryResponse as VisitQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i5202_diagnosis_query import (
    DiagnosisQueryRequest as DiagnosisQueryRequest,
    DiagnosisQueryResponse as DiagnosisQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i5203_settlement_query import (
    SettlementQueryRequest as SettlementQueryRequest,
    SettlementQueryResponse as SettlementQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i5206_accumulated_amount_query import (
    AccumulatedAmountQueryRequest as AccumulatedAmountQueryRequest,
    AccumulatedAmountQueryResponse as AccumulatedAmountQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i5302_designated_institution_filing_query import (
    DesignatedInstitutionFilingQueryRequest as DesignatedInstitutionFilingQueryRequest,
    DesignatedInstitutionFilingQueryResponse as DesignatedInstitutionFilingQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i5303_inpatient_stay_query import (
    InpatientStayQueryRequest as InpatientStayQueryRequest,
    InpatientStayQueryResponse as InpatientStayQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i5304_transfer_filing_query import (
    TransferFilingQueryRequest as TransferFilingQueryRequest,
    TransferFilingQueryResponse as TransferFilingQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i6201_order_fee_upload import (
    OrderFeeUploadRequest as OrderFeeUploadRequest,
    OrderFeeUploadResponse as OrderFeeUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i7101_prescription_pre_verification import (
    PrescriptionPreVerificationRequest as PrescriptionPreVerificationRequest,
    PrescriptionPreVerificationResponse as PrescriptionPreVerificationResponse,
)
from mi_plugins.regions.foshan.interfaces.i9001_sign_in import (
    SignInRequest as SignInRequest,
    SignInResponse as SignInResponse,
)
from mi_plugins.regions.foshan.interfaces.i9002_sign_out import (
    SignOutRequest as SignOutRequest,
    SignOutResponse as SignOutResponse,
)
from mi_plugins.regions.foshan.interfaces.i90100_contribution_query import (
    ContributionQueryRequest as ContributionQueryRequest,
    ContributionQueryResponse as ContributionQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i90101_maternity_filing_query import (
    MaternityFilingQueryRequest as MaternityFilingQueryRequest,
    MaternityFilingQueryResponse as MaternityFilingQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i90102_doctor_signing_query import (
    DoctorSigningQueryRequest as DoctorSigningQueryRequest,
    DoctorSigningQueryResponse as DoctorSigningQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i90103_treatment_filing_query import (
    TreatmentFilingQueryRequest as TreatmentFilingQueryRequest,
    TreatmentFilingQueryResponse as TreatmentFilingQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i90111_designated_institution_page_query import (
    DesignatedInstitutionPageQueryRequest as DesignatedInstitutionPageQueryRequest,
    DesignatedInstitutionPageQueryResponse as DesignatedInstitutionPageQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i90201_maternity_filing import (
    MaternityFilingRequest as MaternityFilingRequest,
    MaternityFilingResponse as MaternityFilingResponse,
)
from mi_plugins.regions.foshan.interfaces.i90202_doctor_signing_filing import (
    DoctorSigningFilingRequest as DoctorSigningFilingRequest,
    DoctorSigningFilingResponse as DoctorSigningFilingResponse,
)
from mi_plugins.regions.foshan.interfaces.i90203_treatment_filing import (
    TreatmentFilingRequest as TreatmentFilingRequest,
    TreatmentFilingResponse as TreatmentFilingResponse,
)
from mi_plugins.regions.foshan.interfaces.i90502_settlement_page_query import (
    SettlementPageQueryRequest as SettlementPageQueryRequest,
    SettlementPageQueryResponse as SettlementPageQueryResponse,
)
from mi_plugins.regions.foshan.interfaces.i9101_file_upload import (
    FileUploadRequest as FileUploadRequest,
    FileUploadResponse as FileUploadResponse,
)
from mi_plugins.regions.foshan.interfaces.i9102_file_download import (
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
    BenefitEntitlementCheckRequest as BenefitEntitlementCheckRequest,
    BenefitEntitlementCheckResponse as BenefitEntitlementCheckResponse,
    BloodTransfusionUploadRequest as BloodTransfusionUploadRequest,
    BloodTransfusionUploadResponse as BloodTransfusionUploadResponse,
    CataloguePriceLimitQueryRequest as CataloguePriceLimitQueryRequest,
    CataloguePriceLimitQueryResponse as CataloguePriceLimitQueryResponse,
    CatalogueSelfPaymentRatioQueryRequest as CatalogueSelfPaymentRatioQueryRequest,
    CatalogueSelfPaymentRatioQueryResponse as CatalogueSelfPaymentRatioQueryResponse,
    ChronicDiseaseFilingCancellationRequest as ChronicDiseaseFilingCancellationRequest,
    ChronicDiseaseFilingCancellationResponse as ChronicDiseaseFilingCancellationResponse,
    ChronicDiseaseFilingQueryRequest as ChronicDiseaseFilingQueryRequest,
    ChronicDiseaseFilingQueryResponse as ChronicDiseaseFilingQueryResponse,
    ChronicDiseaseFilingRequest as ChronicDiseaseFilingRequest,
    ChronicDiseaseFilingResponse as ChronicDiseaseFilingResponse,
    ChronicDiseaseMedicationQueryRequest as ChronicDiseaseMedicationQueryRequest,
    ChronicDiseaseMedicationQueryResponse as ChronicDiseaseMedicationQueryResponse,
    ClearingApplicationCancellationRequest as ClearingApplicationCancellationRequest,
    ClearingApplicationCancellationResponse as ClearingApplicationCancellationResponse,
    ClearingApplicationRequest as ClearingApplicationRequest,
    ClearingApplicationResponse as ClearingApplicationResponse,
    ConcurrentReviewAnalysisRequest as ConcurrentReviewAnalysisRequest,
    ConcurrentReviewAnalysisResponse as ConcurrentReviewAnalysisResponse,
    Consumable27DigitCatalogueDownloadRequest as Consumable27DigitCatalogueDownloadRequest,
    Consumable27DigitCatalogueDownloadResponse as Consumable27DigitCatalogueDownloadResponse,
    ConsumableCatalogueDownloadRequest as ConsumableCatalogueDownloadRequest,
    ConsumableCatalogueDownloadResponse as ConsumableCatalogueDownloadResponse,
    DaySurgeryDiseaseCatalogueDownloadRequest as DaySurgeryDiseaseCatalogueDownloadRequest,
    DaySurgeryDiseaseCatalogueDownloadResponse as DaySurgeryDiseaseCatalogueDownloadResponse,
    DecoctionPieceCatalogueDownloadRequest as DecoctionPieceCatalogueDownloadRequest,
    DecoctionPieceCatalogueDownloadResponse as DecoctionPieceCatalogueDownloadResponse,
    DepartmentQueryRequest as DepartmentQueryRequest,
    DepartmentQueryResponse as DepartmentQueryResponse,
    DepartmentUploadBatchRequest as DepartmentUploadBatchRequest,
    DepartmentUploadBatchResponse as DepartmentUploadBatchResponse,
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
    EthnicMedicineCatalogueQueryRequest as EthnicMedicineCatalogueQueryRequest,
    EthnicMedicineCatalogueQueryResponse as EthnicMedicineCatalogueQueryResponse,
    ExaminationReportQueryRequest as ExaminationReportQueryRequest,
    ExaminationReportQueryResponse as ExaminationReportQueryResponse,
    ExaminationReportUploadRequest as ExaminationReportUploadRequest,
    ExaminationReportUploadResponse as ExaminationReportUploadResponse,
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
    GoodsPurchaseRequest as GoodsPurchaseRequest,
    GoodsPurchaseResponse as GoodsPurchaseResponse,
    GoodsPurchaseReturnBatchRequest as GoodsPurchaseReturnBatchRequest,
    GoodsPurchaseReturnBatchResponse as GoodsPurchaseReturnBatchResponse,
    GoodsPurchaseReturnRequest as GoodsPurchaseReturnRequest,
    GoodsPurchaseReturnResponse as GoodsPurchaseReturnResponse,
    GoodsRecordDeletionBatchRequest as GoodsRecordDeletionBatchRequest,
    GoodsRecordDeletionBatchResponse as GoodsRecordDeletionBatchResponse,
    GoodsRecordDeletionRequest as GoodsRecordDeletionRequest,
    GoodsRecordDeletionResponse as GoodsRecordDeletionResponse,
    GoodsSaleBatchRequest as GoodsSaleBatchRequest,
    GoodsSaleBatchResponse as GoodsSaleBatchResponse,
    GoodsSaleQueryRequest as GoodsSaleQueryRequest,
    GoodsSaleQueryResponse as GoodsSaleQueryResponse,
    GoodsSaleRequest as GoodsSaleRequest,
    GoodsSaleResponse as GoodsSaleResponse,
    GoodsSaleReturnBatchRequest as GoodsSaleReturnBatchRequest,
    GoodsSaleReturnBatchResponse as GoodsSaleReturnBatchResponse,
    GoodsSaleReturnRequest as GoodsSaleReturnRequest,
    GoodsSaleReturnResponse as GoodsSaleReturnResponse,
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
    InstitutionCatalogueMatchQueryRequest as InstitutionCatalogueMatchQueryRequest,
    InstitutionCatalogueMatchQueryResponse as InstitutionCatalogueMatchQueryResponse,
    InsuranceCatalogueMatchQueryRequest as InsuranceCatalogueMatchQueryRequest,
    InsuranceCatalogueMatchQueryResponse as InsuranceCatalogueMatchQueryResponse,
    InsuranceCatalogueQueryRequest as InsuranceCatalogueQueryRequest,
    InsuranceCatalogueQueryResponse as InsuranceCatalogueQueryResponse,
    LaboratoryReportQueryRequest as LaboratoryReportQueryRequest,
    LaboratoryReportQueryResponse as LaboratoryReportQueryResponse,
    LaboratoryReportUploadRequest as LaboratoryReportUploadRequest,
    LaboratoryReportUploadResponse as LaboratoryReportUploadResponse,
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
    PathologyReportUploadRequest as PathologyReportUploadRequest,
    PathologyReportUploadResponse as PathologyReportUploadResponse,
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
    PolicyItemQueryRequest as PolicyItemQueryRequest,
    PolicyItemQueryResponse as PolicyItemQueryResponse,
    PractitionerQueryRequest as PractitionerQueryRequest,
    PractitionerQueryResponse as PractitionerQueryResponse,
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
    ProspectiveReviewAnalysisRequest as ProspectiveReviewAnalysisRequest,
    ProspectiveReviewAnalysisResponse as ProspectiveReviewAnalysisResponse,
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
    SettlementListQualityControlQueryRequest as SettlementListQualityControlQueryRequest,
    SettlementListQualityControlQueryResponse as SettlementListQualityControlQueryResponse,
    SettlementListQueryRequest as SettlementListQueryRequest,
    SettlementListQueryResponse as SettlementListQueryResponse,
    SettlementListStatusUpdateRequest as SettlementListStatusUpdateRequest,
    SettlementListStatusUpdateResponse as SettlementListStatusUpdateResponse,
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
    StockChangeRequest as StockChangeRequest,
    StockChangeResponse as StockChangeResponse,
    StocktakingUploadBatchRequest as StocktakingUploadBatchRequest,
    StocktakingUploadBatchResponse as StocktakingUploadBatchResponse,
    StocktakingUploadRequest as StocktakingUploadRequest,
    StocktakingUploadResponse as StocktakingUploadResponse,
    SurgicalProcedureCatalogueDownloadRequest as SurgicalProcedureCatalogueDownloadRequest,
    SurgicalProcedureCatalogueDownloadResponse as SurgicalProcedureCatalogueDownloadResponse,
    TcmDiseaseCatalogueDownloadRequest as TcmDiseaseCatalogueDownloadRequest,
    TcmDiseaseCatalogueDownloadResponse as TcmDiseaseCatalogueDownloadResponse,
    TcmFormulaGranuleCatalogueDownloadRequest as TcmFormulaGranuleCatalogueDownloadRequest,
    TcmFormulaGranuleCatalogueDownloadResponse as TcmFormulaGranuleCatalogueDownloadResponse,
    TcmSyndromeCatalogueDownloadRequest as TcmSyndromeCatalogueDownloadRequest,
    TcmSyndromeCatalogueDownloadResponse as TcmSyndromeCatalogueDownloadResponse,
    TransferFilingCancellationRequest as TransferFilingCancellationRequest,
    TransferFilingCancellationResponse as TransferFilingCancellationResponse,
    TransferFilingRequest as TransferFilingRequest,
    TransferFilingResponse as TransferFilingResponse,
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
