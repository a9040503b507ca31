"""When a token is in force, as SQL: one text for the query path (`Callers`), for commands and for introspection."""

IN_FORCE = """
FROM access_token t
JOIN client c ON c.client_id = t.client_id AND c.disabled_at IS NULL
JOIN agency a ON a.code = c.agency AND a.disabled_at IS NULL
JOIN region r ON r.code = a.region
WHERE t.token_hash = {digest} AND t.revoked_at IS NULL AND t.expires_at > {now}
  AND EXISTS (SELECT FROM client_key k WHERE k.client_id = t.client_id AND k.kid = t.kid
              AND (k.retired_at IS NULL OR k.retired_at > {now}))
  AND EXISTS (SELECT FROM purpose_grant g WHERE g.client_id = t.client_id AND g.purpose = t.purpose
              AND g.revoked_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > {now}))
  AND NOT EXISTS (SELECT FROM unnest(t.scopes) AS asked(scope) WHERE NOT EXISTS (
              SELECT FROM scope_grant g JOIN scope_ceiling l ON l.agency_kind = a.kind AND l.scope = g.scope
              WHERE g.client_id = t.client_id AND g.scope = asked.scope
              AND g.revoked_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > {now})))
"""
"""A template of two placeholders. One revoked scope, purpose or key ends the whole token (G7: the next request stops);
the client asks for a new one and gets what is left."""
OFFICER = """
FROM officer o
WHERE o.certificate_no = t.officer_certificate_no AND o.agency = a.code AND o.name = t.officer_name
  AND o.valid_from <= {today} AND (o.valid_to IS NULL OR o.valid_to >= {today})
"""
"""The register's entry of the officer whom the token names: this name, this certificate, of this agency, on this day in
Beijing. A template for a sub-select beside `IN_FORCE`; every change of the register raises the agency's version."""
