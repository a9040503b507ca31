"""What domain.md says of the fields, by hand: the class of each, and how records belong together.

Written from the tables D and P of domain.md, not read from the hub's declarations, so that a wrong declaration differs.
"""

from collections.abc import Mapping

PAIR = "PUBLIC while published, else SUPERVISION"

_CLASSES = {
    "Agency": {"PUBLIC": "code kind name shortName level region uscc"},
    "LegalEntity": {"PUBLIC": "uscc name kind"},
    "Institution": {
        "PUBLIC": "nhsaCode uscc name kind level region address agreementListed legalEntity",
        "SUPERVISION": "agreementStatus",
        "PERSONAL": "legalRepresentativeId phone",
        "TRADE_SECRET": "settlementAccount",
    },
    "Personnel": {
        "PUBLIC": "nhsaCode licenseNo name profession institution",
        "SUPERVISION": "qualificationStatus points qualificationUntil",
        "PERSONAL": "residentId phone",
    },
    "ClueTransfer": {
        "PROCEDURE": "id caseNo docNo status catalogueCodes sender receiver notified institution source discoveredOn"
        " sentAt dueAt arrivedAt receivedAt receipts closedAt outcome route approvedAt dueClock duePack dueClause dueBinding"
        " dueProvisional overdue owedBy remainingDays remainingWorkingDays resultReportedAt sampled",
        "PARTY_IDENTITY": "parties",
        "INVESTIGATION": "summary catalogueTexts suspectedFacts violationAmount fundLoss articles handlingOpinion resultDetail steps"
        " insuredPersons evidence",
        "INFORMANT": "informantRef",
    },
    "ClueTransferChange": {"PROCEDURE": "id change at tombstone reason record"},
    "PenaltyRecordChange": {PAIR: "key change at tombstone reason record"},
    "InspectionResultChange": {"SUPERVISION": "key change at tombstone reason record"},
    "CreditScoreChange": {"SUPERVISION": "key change at tombstone reason record"},
    "TransferParty": {"PARTY_IDENTITY": "kind name identityNumber uscc"},
    "TransferReceipt": {
        "PROCEDURE": "agency signedAt sealed",
        "INVESTIGATION": "pages documents officerName officerCertificateNo",
    },
    "CatalogueText": {"INVESTIGATION": "code text"},
    "TransferStep": {
        "INVESTIGATION": "kind at agency reason documentNo decidedOn resultKind amounts sanctions items detail",
    },
    "InsuredPerson": {"PERSONAL": "name residentId", "HEALTH_DATA": "medicalRecordNo diagnosis"},
    "PenaltyRecord": {
        PAIR: "id decisionNo institution counterpartyName counterpartyCategory counterpartyUscc businessRegistrationNo"
        " organizationCode taxRegistrationNo publicInstitutionNo socialOrganizationNo legalRepresentative"
        " violationType publishedFacts basis kinds content fine confiscation licenceRevoked decidedOn authority"
        " validUntil publicityEndsOn dataSource dataSourceUscc remark publishedAt revokedAt status severity amendedAt"
        " repairedAt",
        "SUPERVISION": "servedOn notPublishedReason",
        "PARTY_IDENTITY": "counterpartyPersonName",
        "INVESTIGATION": "facts caseOfficers caseFileNo",
        "PERSONAL": "counterpartyIdType counterpartyResidentId legalRepresentativeIdType legalRepresentativeId",
    },
    "CreditScore": {
        "SUPERVISION": "institution period score grade modelVersion dimensions measures effects",
        "INVESTIGATION": "deductions",
    },
    "CreditDimension": {"SUPERVISION": "name score weight"},
    "CreditEffect": {"SUPERVISION": "event rule title dimension points occurredOn clause"},
    "CreditDeduction": {"INVESTIGATION": "reason points caseNo"},
    "InspectionResult": {
        "SUPERVISION": "id institution authority resultNo kind periodFrom periodTo inspectedOn findingsClass measures"
        " amountRecovered recordedAt",
    },
    "AgreementMeasure": {
        "SUPERVISION": "id institution authority measureNo kind agreementClause department informedOn statement"
        " statementOn decidedOn startsOn endsOn amount recordedAt",
    },
    "SpotCheck": {
        "PROCEDURE": "id drawnAt officerCertificateNo seed share sentFrom sentTo population populationHash drawn",
    },
    "Recall": {
        "ADMINISTRATION": "id recordType key cause reason clause notice recalledAt dueAt clientId agency authority receivedAt"
        " acknowledgedAt acknowledgedBy overdue"
    },
    "Disclosure": {
        "ADMINISTRATION": "id at clientId agency officerName officerCertificateNo purpose legalBasis caseNo outcome"
        " errorCodes shown masked filtered counted recordCount rowCount policyVersion"
    },
}
CLASS_OF: Mapping[str, Mapping[str, str]] = {
    kind: {name: each for each, names in classes.items() for name in names.split()}
    for kind, classes in _CLASSES.items()
}
"""Type → field → class. Fields without one are structure."""

IDENTIFYING = {
    "Agency": "code",
    "LegalEntity": "uscc",
    "Institution": "nhsaCode",
    "Personnel": "nhsaCode",
    "ClueTransfer": "id",
    "PenaltyRecord": "id",
    "CreditScore": "period",
    "CreditDeduction": "reason",
    "CreditEffect": "rule",
    "InspectionResult": "id",
    "AgreementMeasure": "id",
    "SpotCheck": "id",
    "Recall": "id",
    "Disclosure": "id",
}
"""A record of these types is judged by itself, and listed iff this field is open on it; all others are items."""
JUDGED_AS = {kind: kind for kind in IDENTIFYING} | {"CreditDeduction": "Deduction", "CreditEffect": "Effect"}

SCOPE = {
    "Agency": "parties:read",
    "LegalEntity": "parties:read",
    "Institution": "parties:read",
    "Personnel": "parties:read",
    "ClueTransfer": "clues:read",
    "PenaltyRecord": "penalties:read",
    "CreditScore": "credit:read",
    "CreditDeduction": "credit:read",
    "CreditEffect": "credit:read",
    "InspectionResult": "inspections:read",
    "AgreementMeasure": "inspections:read",
    "SpotCheck": "clues:read",
    "Disclosure": "ledger:read",
}

ONE = {
    "Agency.region": ("Region", "region", "code"),
    "Institution.region": ("Region", "region", "code"),
    "Institution.legalEntity": ("LegalEntity", "uscc", "uscc"),
    "Personnel.institution": ("Institution", "institution_id", "id"),
    "ClueTransfer.sender": ("Agency", "sender", "code"),
    "ClueTransfer.receiver": ("Agency", "receiver", "code"),
    "ClueTransfer.institution": ("Institution", "institution_id", "id"),
    "TransferReceipt.agency": ("Agency", "agency", "code"),
    "TransferStep.agency": ("Agency", "agency", "code"),
    "PenaltyRecord.institution": ("Institution", "institution_id", "id"),
    "PenaltyRecord.authority": ("Agency", "authority", "code"),
    "CreditScore.institution": ("Institution", "institution_id", "id"),
    "InspectionResult.institution": ("Institution", "institution_id", "id"),
    "InspectionResult.authority": ("Agency", "authority", "code"),
    "AgreementMeasure.institution": ("Institution", "institution_id", "id"),
    "AgreementMeasure.authority": ("Agency", "authority", "code"),
}
"""Coordinate → target type, own column, target's column."""
MANY = {
    "ClueTransfer.notified": ("Agency", "", ("code",)),
    "ClueTransfer.parties": ("TransferParty", "transfer_id", ("id",)),
    "ClueTransfer.receipts": ("TransferReceipt", "transfer_id", ("id",)),
    "ClueTransfer.catalogueTexts": ("CatalogueText", "transfer_id", ("code",)),
    "ClueTransfer.steps": ("TransferStep", "transfer_id", ("position",)),
    "ClueTransfer.insuredPersons": ("InsuredPerson", "transfer_id", ("id",)),
    "ClueTransfer.evidence": ("Evidence", "transfer_id", ("id",)),
    "CreditScore.dimensions": ("CreditDimension", "score_id", ("position", "id")),
    "CreditScore.effects": ("CreditEffect", "score_id", ("position", "id")),
    "CreditScore.deductions": ("CreditDeduction", "score_id", ("position", "id")),
}
"""Coordinate → item type, the item's column that names its record, order."""
PAGES = {
    "Institution.personnel": ("Personnel", "id", "institution_id"),
    "Institution.clueTransfers": ("ClueTransfer", "id", "institution_id"),
    "Institution.penaltyRecords": ("PenaltyRecord", "id", "institution_id"),
    "Institution.creditScores": ("CreditScore", "id", "institution_id"),
    "Institution.inspectionResults": ("InspectionResult", "id", "institution_id"),
    "Institution.agreementMeasures": ("AgreementMeasure", "id", "institution_id"),
    "ClueTransfer.penaltyRecords": ("PenaltyRecord", "case_no", "case_no"),
    "Query.agencies": ("Agency", "", ""),
    "Query.institutions": ("Institution", "", ""),
    "Query.clueTransfers": ("ClueTransfer", "", ""),
    "Query.register": ("ClueTransfer", "", ""),
    "Query.penaltyRecords": ("PenaltyRecord", "", ""),
    "Query.creditScores": ("CreditScore", "", ""),
    "Query.inspectionResults": ("InspectionResult", "", ""),
    "Query.agreementMeasures": ("AgreementMeasure", "", ""),
    "SpotCheck.clueTransfers": ("ClueTransfer", "", ""),
    "Query.spotChecks": ("SpotCheck", "", ""),
    "Query.recalls": ("Recall", "", ""),
    "Query.disclosures": ("Disclosure", "", ""),
}
FIND = {
    "node": ("ClueTransfer", "PenaltyRecord"),
    "institution": ("Institution",),
    "personnel": ("Personnel",),
    "clueTransfer": ("ClueTransfer",),
    "penaltyRecord": ("PenaltyRecord",),
    "creditScore": ("CreditScore",),
    "explainScore": ("CreditScore",),
    "inspectionResult": ("InspectionResult",),
    "agreementMeasure": ("AgreementMeasure",),
}
KEY = {
    "Agency": "code",
    "LegalEntity": "uscc",
    "Institution": "nhsaCode",
    "Personnel": "nhsaCode",
    "ClueTransfer": "id",
    "PenaltyRecord": "id",
}
"""Federation keys."""
ORDER = {
    "Agency": (("code", False),),
    "Institution": (("nhsa_code", False),),
    "Personnel": (("nhsa_code", False),),
    "ClueTransfer": (("discovered_on", True), ("public_id", True)),
    "PenaltyRecord": (("decided_on", True), ("public_id", True)),
    "CreditScore": (("period", True), ("nhsa_code", True)),
    "InspectionResult": (("inspected_on", True), ("public_id", True)),
    "AgreementMeasure": (("decided_on", True), ("public_id", True)),
    "SpotCheck": (("at", True), ("public_id", True)),
    "Recall": (("recalled_at", True), ("public_id", True)),
    "Disclosure": (("at", True), ("public_id", True)),
}
"""Default order: column, descending."""
REGISTER = (("next_due_at", False), ("public_id", False))
"""Of `register`: the nearest deadline first, those without last."""


def column(kind: str, name: str) -> str:
    """`discoveredOn` → `discovered_on`; a public id is never the internal one."""
    if name == "id":
        return "public_id"
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
