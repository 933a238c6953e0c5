from typing import Any, Final

from mi_plugins.regions.guangzhou.interfaces.i1101_person_information import (
    PersonInformationRequest as PersonInformationRequest,
    PersonInformationResponse as PersonInformationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1160_treatment_application_query import (
    TreatmentApplicationQueryRequest as TreatmentApplicationQueryRequest,
    TreatmentApplicationQueryResponse as TreatmentApplicationQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1201_institution_information import (
    InstitutionInformationRequest as InstitutionInformationRequest,
    InstitutionInformationResponse as InstitutionInformationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1301_western_and_patent_drug_catalogue_download import (
    WesternAndPatentDrugCatalogueDownloadRequest as WesternAndPatentDrugCatalogueDownloadRequest,
    WesternAndPatentDrugCatalogueDownloadResponse as WesternAndPatentDrugCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1302_decoction_piece_catalogue_download import (
    DecoctionPieceCatalogueDownloadRequest as DecoctionPieceCatalogueDownloadRequest,
    DecoctionPieceCatalogueDownloadResponse as DecoctionPieceCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1303_hospital_preparation_catalogue_download import (
    HospitalPreparationCatalogueDownloadRequest as HospitalPreparationCatalogueDownloadRequest,
    HospitalPreparationCatalogueDownloadResponse as HospitalPreparationCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1304_ethnic_medicine_catalogue_query import (
    EthnicMedicineCatalogueQueryRequest as EthnicMedicineCatalogueQueryRequest,
    EthnicMedicineCatalogueQueryResponse as EthnicMedicineCatalogueQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1305_medical_service_catalogue_download import (
    MedicalServiceCatalogueDownloadRequest as MedicalServiceCatalogueDownloadRequest,
    MedicalServiceCatalogueDownloadResponse as MedicalServiceCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1306_consumable_catalogue_download import (
    ConsumableCatalogueDownloadRequest as ConsumableCatalogueDownloadRequest,
    ConsumableCatalogueDownloadResponse as ConsumableCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1307_disease_diagnosis_catalogue_download import (
    DiseaseDiagnosisCatalogueDownloadRequest as DiseaseDiagnosisCatalogueDownloadRequest,
    DiseaseDiagnosisCatalogueDownloadResponse as DiseaseDiagnosisCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1308_surgical_procedure_catalogue_download import (
    SurgicalProcedureCatalogueDownloadRequest as SurgicalProcedureCatalogueDownloadRequest,
    SurgicalProcedureCatalogueDownloadResponse as SurgicalProcedureCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1309_outpatient_chronic_disease_catalogue_download import (
    OutpatientChronicDiseaseCatalogueDownloadRequest as OutpatientChronicDiseaseCatalogueDownloadRequest,
    OutpatientChronicDiseaseCatalogueDownloadResponse as OutpatientChronicDiseaseCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1310_payment_by_disease_catalogue_download import (
    PaymentByDiseaseCatalogueDownloadRequest as PaymentByDiseaseCatalogueDownloadRequest,
    PaymentByDiseaseCatalogueDownloadResponse as PaymentByDiseaseCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1311_day_surgery_disease_catalogue_download import (
    DaySurgeryDiseaseCatalogueDownloadRequest as DaySurgeryDiseaseCatalogueDownloadRequest,
    DaySurgeryDiseaseCatalogueDownloadResponse as DaySurgeryDiseaseCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1313_tumour_morphology_catalogue_download import (
    TumourMorphologyCatalogueDownloadRequest as TumourMorphologyCatalogueDownloadRequest,
    TumourMorphologyCatalogueDownloadResponse as TumourMorphologyCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1314_tcm_disease_catalogue_download import (
    TcmDiseaseCatalogueDownloadRequest as TcmDiseaseCatalogueDownloadRequest,
    TcmDiseaseCatalogueDownloadResponse as TcmDiseaseCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1315_tcm_syndrome_catalogue_download import (
    TcmSyndromeCatalogueDownloadRequest as TcmSyndromeCatalogueDownloadRequest,
    TcmSyndromeCatalogueDownloadResponse as TcmSyndromeCatalogueDownloadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1316_insurance_catalogue_match_query import (
    InsuranceCatalogueMatchQueryRequest as InsuranceCatalogueMatchQueryRequest,
    InsuranceCatalogueMatchQueryResponse as InsuranceCatalogueMatchQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i1901_dictionary_query import (
    DictionaryQueryRequest as DictionaryQueryRequest,
    DictionaryQueryResponse as DictionaryQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2102_pharmacy_settlement import (
    PharmacySettlementRequest as PharmacySettlementRequest,
    PharmacySettlementResponse as PharmacySettlementResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2103_pharmacy_settlement_cancellation import (
    PharmacySettlementCancellationRequest as PharmacySettlementCancellationRequest,
    PharmacySettlementCancellationResponse as PharmacySettlementCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2201_outpatient_registration import (
    OutpatientRegistrationRequest as OutpatientRegistrationRequest,
    OutpatientRegistrationResponse as OutpatientRegistrationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2202_outpatient_registration_cancellation import (
    OutpatientRegistrationCancellationRequest as OutpatientRegistrationCancellationRequest,
    OutpatientRegistrationCancellationResponse as OutpatientRegistrationCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2203_outpatient_visit_upload import (
    OutpatientVisitUploadRequest as OutpatientVisitUploadRequest,
    OutpatientVisitUploadResponse as OutpatientVisitUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2204_outpatient_fee_upload import (
    OutpatientFeeUploadRequest as OutpatientFeeUploadRequest,
    OutpatientFeeUploadResponse as OutpatientFeeUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2205_outpatient_fee_cancellation import (
    OutpatientFeeCancellationRequest as OutpatientFeeCancellationRequest,
    OutpatientFeeCancellationResponse as OutpatientFeeCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2206_outpatient_presettlement import (
    OutpatientPresettlementRequest as OutpatientPresettlementRequest,
    OutpatientPresettlementResponse as OutpatientPresettlementResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2207_outpatient_settlement import (
    OutpatientSettlementRequest as OutpatientSettlementRequest,
    OutpatientSettlementResponse as OutpatientSettlementResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2208_outpatient_settlement_cancellation import (
    OutpatientSettlementCancellationRequest as OutpatientSettlementCancellationRequest,
    OutpatientSettlementCancellationResponse as OutpatientSettlementCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2260_outpatient_visit_settlement import (
    OutpatientVisitSettlementRequest as OutpatientVisitSettlementRequest,
    OutpatientVisitSettlementResponse as OutpatientVisitSettlementResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2261_outpatient_visit_settlement_cancellation import (
    OutpatientVisitSettlementCancellationRequest as OutpatientVisitSettlementCancellationRequest,
    OutpatientVisitSettlementCancellationResponse as OutpatientVisitSettlementCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2301_inpatient_fee_upload import (
    InpatientFeeUploadRequest as InpatientFeeUploadRequest,
    InpatientFeeUploadResponse as InpatientFeeUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2302_inpatient_fee_cancellation import (
    InpatientFeeCancellationRequest as InpatientFeeCancellationRequest,
    InpatientFeeCancellationResponse as InpatientFeeCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2303_inpatient_presettlement import (
    InpatientPresettlementRequest as InpatientPresettlementRequest,
    InpatientPresettlementResponse as InpatientPresettlementResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2304_inpatient_settlement import (
    InpatientSettlementRequest as InpatientSettlementRequest,
    InpatientSettlementResponse as InpatientSettlementResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2305_inpatient_settlement_cancellation import (
    InpatientSettlementCancellationRequest as InpatientSettlementCancellationRequest,
    InpatientSettlementCancellationResponse as InpatientSettlementCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2401_admission import (
    AdmissionRequest as AdmissionRequest,
    AdmissionResponse as AdmissionResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2402_discharge import (
    DischargeRequest as DischargeRequest,
    DischargeResponse as DischargeResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2403_admission_update import (
    AdmissionUpdateRequest as AdmissionUpdateRequest,
    AdmissionUpdateResponse as AdmissionUpdateResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2404_admission_cancellation import (
    AdmissionCancellationRequest as AdmissionCancellationRequest,
    AdmissionCancellationResponse as AdmissionCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2405_discharge_cancellation import (
    DischargeCancellationRequest as DischargeCancellationRequest,
    DischargeCancellationResponse as DischargeCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i2601_reversal import (
    ReversalRequest as ReversalRequest,
    ReversalResponse as ReversalResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3201_settlement_total_reconciliation import (
    SettlementTotalReconciliationRequest as SettlementTotalReconciliationRequest,
    SettlementTotalReconciliationResponse as SettlementTotalReconciliationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3202_settlement_detail_reconciliation import (
    SettlementDetailReconciliationRequest as SettlementDetailReconciliationRequest,
    SettlementDetailReconciliationResponse as SettlementDetailReconciliationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3301_catalogue_mapping_upload import (
    CatalogueMappingUploadRequest as CatalogueMappingUploadRequest,
    CatalogueMappingUploadResponse as CatalogueMappingUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3302_catalogue_mapping_cancellation import (
    CatalogueMappingCancellationRequest as CatalogueMappingCancellationRequest,
    CatalogueMappingCancellationResponse as CatalogueMappingCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3360_catalogue_mapping_end import (
    CatalogueMappingEndRequest as CatalogueMappingEndRequest,
    CatalogueMappingEndResponse as CatalogueMappingEndResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3401_department_upload import (
    DepartmentUploadRequest as DepartmentUploadRequest,
    DepartmentUploadResponse as DepartmentUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3402_department_update import (
    DepartmentUpdateRequest as DepartmentUpdateRequest,
    DepartmentUpdateResponse as DepartmentUpdateResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3403_department_cancellation import (
    DepartmentCancellationRequest as DepartmentCancellationRequest,
    DepartmentCancellationResponse as DepartmentCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3461_bed_upload import (
    BedUploadRequest as BedUploadRequest,
    BedUploadResponse as BedUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3462_bed_change import (
    BedChangeRequest as BedChangeRequest,
    BedChangeResponse as BedChangeResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3463_bed_cancellation import (
    BedCancellationRequest as BedCancellationRequest,
    BedCancellationResponse as BedCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3467_doctor_upload import (
    DoctorUploadRequest as DoctorUploadRequest,
    DoctorUploadResponse as DoctorUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3468_doctor_change import (
    DoctorChangeRequest as DoctorChangeRequest,
    DoctorChangeResponse as DoctorChangeResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3469_doctor_cancellation import (
    DoctorCancellationRequest as DoctorCancellationRequest,
    DoctorCancellationResponse as DoctorCancellationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3503_goods_purchase import (
    GoodsPurchaseRequest as GoodsPurchaseRequest,
    GoodsPurchaseResponse as GoodsPurchaseResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3505_goods_sale import (
    GoodsSaleRequest as GoodsSaleRequest,
    GoodsSaleResponse as GoodsSaleResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i3506_goods_sale_return import (
    GoodsSaleReturnRequest as GoodsSaleReturnRequest,
    GoodsSaleReturnResponse as GoodsSaleReturnResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4101_settlement_list_upload import (
    SettlementListUploadRequest as SettlementListUploadRequest,
    SettlementListUploadResponse as SettlementListUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4101a_settlement_list_upload_with_blood import (
    SettlementListUploadWithBloodRequest as SettlementListUploadWithBloodRequest,
    SettlementListUploadWithBloodResponse as SettlementListUploadWithBloodResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4201_self_paid_fee_upload import (
    SelfPaidFeeUploadRequest as SelfPaidFeeUploadRequest,
    SelfPaidFeeUploadResponse as SelfPaidFeeUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4201a_self_paid_fee_list_upload import (
    SelfPaidFeeListUploadRequest as SelfPaidFeeListUploadRequest,
    SelfPaidFeeListUploadResponse as SelfPaidFeeListUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4202_self_paid_inpatient_visit_upload import (
    SelfPaidInpatientVisitUploadRequest as SelfPaidInpatientVisitUploadRequest,
    SelfPaidInpatientVisitUploadResponse as SelfPaidInpatientVisitUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4203_self_paid_visit_completion import (
    SelfPaidVisitCompletionRequest as SelfPaidVisitCompletionRequest,
    SelfPaidVisitCompletionResponse as SelfPaidVisitCompletionResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4204_self_paid_fee_deletion import (
    SelfPaidFeeDeletionRequest as SelfPaidFeeDeletionRequest,
    SelfPaidFeeDeletionResponse as SelfPaidFeeDeletionResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4205_self_paid_outpatient_visit_upload import (
    SelfPaidOutpatientVisitUploadRequest as SelfPaidOutpatientVisitUploadRequest,
    SelfPaidOutpatientVisitUploadResponse as SelfPaidOutpatientVisitUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4206_self_paid_outpatient_visit_deletion import (
    SelfPaidOutpatientVisitDeletionRequest as SelfPaidOutpatientVisitDeletionRequest,
    SelfPaidOutpatientVisitDeletionResponse as SelfPaidOutpatientVisitDeletionResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4207_self_paid_fee_query import (
    SelfPaidFeeQueryRequest as SelfPaidFeeQueryRequest,
    SelfPaidFeeQueryResponse as SelfPaidFeeQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4208_self_paid_visit_query import (
    SelfPaidVisitQueryRequest as SelfPaidVisitQueryRequest,
    SelfPaidVisitQueryResponse as SelfPaidVisitQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4209_self_paid_diagnosis_query import (
    SelfPaidDiagnosisQueryRequest as SelfPaidDiagnosisQueryRequest,
    SelfPaidDiagnosisQueryResponse as SelfPaidDiagnosisQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4401_medical_record_front_page_upload import (
    MedicalRecordFrontPageUploadRequest as MedicalRecordFrontPageUploadRequest,
    MedicalRecordFrontPageUploadResponse as MedicalRecordFrontPageUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4402_inpatient_order_upload import (
    InpatientOrderUploadRequest as InpatientOrderUploadRequest,
    InpatientOrderUploadResponse as InpatientOrderUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i4701_electronic_medical_record_upload import (
    ElectronicMedicalRecordUploadRequest as ElectronicMedicalRecordUploadRequest,
    ElectronicMedicalRecordUploadResponse as ElectronicMedicalRecordUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5102_practitioner_query import (
    PractitionerQueryRequest as PractitionerQueryRequest,
    PractitionerQueryResponse as PractitionerQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5163_catalogue_mapping_review_query import (
    CatalogueMappingReviewQueryRequest as CatalogueMappingReviewQueryRequest,
    CatalogueMappingReviewQueryResponse as CatalogueMappingReviewQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5203_settlement_query import (
    SettlementQueryRequest as SettlementQueryRequest,
    SettlementQueryResponse as SettlementQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5260_settlement_process_query import (
    SettlementProcessQueryRequest as SettlementProcessQueryRequest,
    SettlementProcessQueryResponse as SettlementProcessQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5261_manual_reimbursement_query import (
    ManualReimbursementQueryRequest as ManualReimbursementQueryRequest,
    ManualReimbursementQueryResponse as ManualReimbursementQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5302_designated_institution_filing_query import (
    DesignatedInstitutionFilingQueryRequest as DesignatedInstitutionFilingQueryRequest,
    DesignatedInstitutionFilingQueryResponse as DesignatedInstitutionFilingQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5303_inpatient_stay_query import (
    InpatientStayQueryRequest as InpatientStayQueryRequest,
    InpatientStayQueryResponse as InpatientStayQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5401_mutual_recognition_item_query import (
    MutualRecognitionItemQueryRequest as MutualRecognitionItemQueryRequest,
    MutualRecognitionItemQueryResponse as MutualRecognitionItemQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i5402_mutual_recognition_report_query import (
    MutualRecognitionReportQueryRequest as MutualRecognitionReportQueryRequest,
    MutualRecognitionReportQueryResponse as MutualRecognitionReportQueryResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i6201_order_fee_upload import (
    OrderFeeUploadRequest as OrderFeeUploadRequest,
    OrderFeeUploadResponse as OrderFeeUploadResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i7101_prescription_pre_verification import (
    PrescriptionPreVerificationRequest as PrescriptionPreVerificationRequest,
    PrescriptionPreVerificationResponse as PrescriptionPreVerificationResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i9001_sign_in import (
    SignInRequest as SignInRequest,
    SignInResponse as SignInResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i9002_sign_out import (
    SignOutRequest as SignOutRequest,
    SignOutResponse as SignOutResponse,
)
from mi_plugins.regions.guangzhou.interfaces.i9102_file_download import (
    FileDownloadRequest as FileDownloadRequest,
    FileDownloadResponse as FileDownloadResponse,
)
from mi_core.interfaces import (
    AccidentalInjuryFilingRequest as AccidentalInjuryFilingRequest,
    AccidentalInjuryFilingResponse as AccidentalInjuryFilingResponse,
    AccumulatedAmountQueryRequest as AccumulatedAmountQueryRequest,
    AccumulatedAmountQueryResponse as AccumulatedAmountQueryResponse,
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
    DepartmentQueryRequest as DepartmentQueryRequest,
    DepartmentQueryResponse as DepartmentQueryResponse,
    DepartmentUploadBatchRequest as DepartmentUploadBatchRequest,
    DepartmentUploadBatchResponse as DepartmentUploadBatchResponse,
    DesignatedInstitutionFilingCancellationRequest as DesignatedInstitutionFilingCancellationRequest,
    DesignatedInstitutionFilingCancellationResponse as DesignatedInstitutionFilingCancellationResponse,
    DesignatedInstitutionFilingRequest as DesignatedInstitutionFilingRequest,
    DesignatedInstitutionFilingResponse as DesignatedInstitutionFilingResponse,
    DiagnosisQueryRequest as DiagnosisQueryRequest,
    DiagnosisQueryResponse as DiagnosisQueryResponse,
    DipGroupingQueryRequest as DipGroupingQueryRequest,
    DipGroupingQueryResponse as DipGroupingQueryResponse,
    DipGroupingStatisticsQueryRequest as DipGroupingStatisticsQueryRequest,
    DipGroupingStatisticsQueryResponse as DipGroupingStatisticsQueryResponse,
    DipGroupingSummaryQueryRequest as DipGroupingSummaryQueryRequest,
    DipGroupingSummaryQueryResponse as DipGroupingSummaryQueryResponse,
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
    FileUploadRequest as FileUploadRequest,
    FileUploadResponse as FileUploadResponse,
    GoodsPurchaseBatchRequest as GoodsPurchaseBatchRequest,
    GoodsPurchaseBatchResponse as GoodsPurchaseBatchResponse,
    GoodsPurchaseQueryRequest as GoodsPurchaseQueryRequest,
    GoodsPurchaseQueryResponse as GoodsPurchaseQueryResponse,
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
    GoodsSaleReturnBatchRequest as GoodsSaleReturnBatchRequest,
    GoodsSaleReturnBatchResponse as GoodsSaleReturnBatchResponse,
    GoodsStockChangeQueryRequest as GoodsStockChangeQueryRequest,
    GoodsStockChangeQueryResponse as GoodsStockChangeQueryResponse,
    GoodsStockQueryRequest as GoodsStockQueryRequest,
    GoodsStockQueryResponse as GoodsStockQueryResponse,
    GroupingQualityControlQueryRequest as GroupingQualityControlQueryRequest,
    GroupingQualityControlQueryResponse as GroupingQualityControlQueryResponse,
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
    InsuranceCatalogueQueryRequest as InsuranceCatalogueQueryRequest,
    InsuranceCatalogueQueryResponse as InsuranceCatalogueQueryResponse,
    LaboratoryReportQueryRequest as LaboratoryReportQueryRequest,
    LaboratoryReportQueryResponse as LaboratoryReportQueryResponse,
    LaboratoryReportUploadRequest as LaboratoryReportUploadRequest,
    LaboratoryReportUploadResponse as LaboratoryReportUploadResponse,
    MonthlyDeclarationDetailQueryRequest as MonthlyDeclarationDetailQueryRequest,
    MonthlyDeclarationDetailQueryResponse as MonthlyDeclarationDetailQueryResponse,
    MonthlyDeclarationFundQueryRequest as MonthlyDeclarationFundQueryRequest,
    MonthlyDeclarationFundQueryResponse as MonthlyDeclarationFundQueryResponse,
    MonthlyDeclarationSummaryQueryRequest as MonthlyDeclarationSummaryQueryRequest,
    MonthlyDeclarationSummaryQueryResponse as MonthlyDeclarationSummaryQueryResponse,
    MutualRecognitionAuthorisationRequest as MutualRecognitionAuthorisationRequest,
    MutualRecognitionAuthorisationResponse as MutualRecognitionAuthorisationResponse,
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
    OutpatientTreatmentRecordUploadRequest as OutpatientTreatmentRecordUploadRequest,
    OutpatientTreatmentRecordUploadResponse as OutpatientTreatmentRecordUploadResponse,
    PanelReviewSubmissionRequest as PanelReviewSubmissionRequest,
    PanelReviewSubmissionResponse as PanelReviewSubmissionResponse,
    PathologyReportQueryRequest as PathologyReportQueryRequest,
    PathologyReportQueryResponse as PathologyReportQueryResponse,
    PathologyReportUploadRequest as PathologyReportUploadRequest,
    PathologyReportUploadResponse as PathologyReportUploadResponse,
    PaymentOrderRequest as PaymentOrderRequest,
    PaymentOrderResponse as PaymentOrderResponse,
    PharmacyLedgerDetailQueryRequest as PharmacyLedgerDetailQueryRequest,
    PharmacyLedgerDetailQueryResponse as PharmacyLedgerDetailQueryResponse,
    PharmacyLedgerSummaryQueryRequest as PharmacyLedgerSummaryQueryRequest,
    PharmacyLedgerSummaryQueryResponse as PharmacyLedgerSummaryQueryResponse,
    PharmacyOutpatientVisitUploadRequest as PharmacyOutpatientVisitUploadRequest,
    PharmacyOutpatientVisitUploadResponse as PharmacyOutpatientVisitUploadResponse,
    PharmacyPresettlementRequest as PharmacyPresettlementRequest,
    PharmacyPresettlementResponse as PharmacyPresettlementResponse,
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
    ReviewAppealQueryRequest as ReviewAppealQueryRequest,
    ReviewAppealQueryResponse as ReviewAppealQueryResponse,
    ReviewFeedbackRequest as ReviewFeedbackRequest,
    ReviewFeedbackResponse as ReviewFeedbackResponse,
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
    TcmFormulaGranuleCatalogueDownloadRequest as TcmFormulaGranuleCatalogueDownloadRequest,
    TcmFormulaGranuleCatalogueDownloadResponse as TcmFormulaGranuleCatalogueDownloadResponse,
    TransferFilingCancellationRequest as TransferFilingCancellationRequest,
    TransferFilingCancellationResponse as TransferFilingCancellationResponse,
    TransferFilingQueryRequest as TransferFilingQueryRequest,
    TransferFilingQueryResponse as TransferFilingQueryResponse,
    TransferFilingRequest as TransferFilingRequest,
    TransferFilingResponse as TransferFilingResponse,
    UnstructuredReportQueryRequest as UnstructuredReportQueryRequest,
    UnstructuredReportQueryResponse as UnstructuredReportQueryResponse,
    UnstructuredReportUploadRequest as UnstructuredReportUploadRequest,
    UnstructuredReportUploadResponse as UnstructuredReportUploadResponse,
    UploadedFeeReconciliationRequest as UploadedFeeReconciliationRequest,
    UploadedFeeReconciliationResponse as UploadedFeeReconciliationResponse,
    VirtualTraceabilityCodeRequest as VirtualTraceabilityCodeRequest,
    VirtualTraceabilityCodeResponse as VirtualTraceabilityCodeResponse,
    VisitQueryRequest as VisitQueryRequest,
    VisitQueryResponse as VisitQueryResponse,
)
from mi_core.model import Interface

OWN_CODES: Final[tuple[str, ...]]
ALL_CODES: Final[tuple[str, ...]]

def by_code(code: str) -> Interface[Any]: ...
