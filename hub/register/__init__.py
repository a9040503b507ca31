"""The register (台账) for those who keep it: as a workbook, and spot checks. It asks the hub as any client does."""
