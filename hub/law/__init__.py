"""What the law says: versioned rule packs (`packs/*.yaml`, for lawyers) and pure functions over them.

    vocabulary   the closed words: rank, standing, unit, route, kind of party
    schema       the form of a pack file           pack       the packs in force here and then; a result's `Basis`
    settings     readings left open (R29)          region     common superiors, the same level elsewhere
    catalogue    kinds of violation (R3–R7)        routing    who receives, who is told, who designates (R6, R11, R12)
    calendar     working days with 调休            clock      deadlines (R8–R12, R15, R17)
    limitation   2 and 5 years (R19)               loss       fund loss, two methods (R18)
    boundary     以上 and 以下, per document (R19)   publicity  until when a penalty is public (R23)
    credit       scores from dated events (R24)      points     payment qualification of personnel (R20)

Nothing here reads the time, a database or another part of the hub: everything is passed in. Wherever no document binds,
the result says so: 「本平台默认规则，在此地无法律效力」 "hub default, no legal force here".
"""
