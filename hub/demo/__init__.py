"""Sample records and clients: invented people and firms, real procedures, the same bytes every time.

catalogue   what the seeds name: violations, sources, evidence, measures    places     regions and their agencies
layout      which case is about which institution, as arithmetic            numbers    check digits, names, UUIDs
institutions, transfers, penalties, scores: the rows                        bulk       COPY, constraints around it
sample      START HERE: one load, in one transaction
clients     the demo clients and their keys                                 tryout     what to try, with real numbers
"""
