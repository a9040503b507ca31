"""The hub: agencies share data lawfully, each field for one purpose, each disclosure on record.

START HERE: `hub/disclosure.py` — one query, from door to door, on one screen.

    oauth   who asks                        policy  may they: Cedar -> condition on the row
    query   what: document -> one SQL text  ledger  remember: durable before the answer leaves
    graph   the schema, from the slices     http    routes, errors, statuses
    parties, clues, penalties, credit       one vertical slice each: tables, facts, types
    law     what the law says, as data      db      engines, roles, the embedded server
"""
