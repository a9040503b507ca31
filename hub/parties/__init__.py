"""Agencies, regions, legal entities, designated institutions, personnel (机关、行政区划、定点医药机构、相关人员)."""
