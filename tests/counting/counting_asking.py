"""Documents of the statistics, and who asks them."""

from typing import Any

from recount import Asker

from tests.world import PURPOSE, World

TALLIES = (
    "byRoute", "byCatalogue", "byStatus", "byOutcome", "bySource", "byTimeliness", "byInstitutionKind", "byAgency",
)  # fmt: skip
FIGURES = "total recovered fined " + " ".join(f"{name} {{ key count }}" for name in TALLIES)
FLOWS = "flows { senderKind receiverKind sent received differences { reason count side } }"
WHOLE = f"""query($year: Int!, $region: ID) {{ clueStatistics(year: $year, region: $region) {{
    sent {{ {FIGURES} }} received {{ {FIGURES} }} {FLOWS} others {{ route sent suppressed }} }} }}"""
LIST = """query($year: Int!, $region: ID, $first: Int = 1000, $skip: Int = 0) {
    clueStatistics(year: $year, region: $region) { flows { differences { reason count } }
        differences(first: $first, skip: $skip) { reason side transfer { id caseNo } } } }"""
SCOPES = ("clues:read", "parties:read", "statistics:read")
ASKERS = [
    *(Asker(f"{region}-{kind}", purpose)
      for region in ("640000", "640100", "510000", "510500")
      for kind in ("HEALTHCARE_SECURITY", "HEALTH")
      for purpose in ("supervision-statistics", "case-oversight")),
    *(Asker(f"{region}-{kind}", PURPOSE[kind])
      for region in ("640104", "640100", "510502")
      for kind in ("HEALTHCARE_SECURITY", "HEALTH", "MARKET_REGULATION", "PUBLIC_SECURITY", "DISCIPLINE_INSPECTION")),
]  # fmt: skip


def ask(world: World, asker: Asker, document: str, **variables: Any) -> dict[str, Any]:
    return world.ask(world.token(asker.agency, asker.purpose, scopes=SCOPES), document, variables)
