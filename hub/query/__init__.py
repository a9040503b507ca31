"""What is asked: document -> plan -> one SQL statement. Nothing here judges; verdicts come from `hub/policy`.

document.py   parse, bound, validate (cached by text)      select.py   fields of a selection set, merged
access.py     verdict -> condition that remains            plan.py     selection ∩ verdicts -> a tree
pages.py      filter, order, cursor of a page              sql.py      the tree -> one statement
cursor.py     opaque, signed positions                     values.py   what is bound when it runs
"""
