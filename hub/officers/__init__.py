"""Officers (承办人、主要负责人): who may act for an agency, from when to when. A slice of its own."""
