"""Evidence as files: uploads in parts, content checked, stored beside the database, downloaded through the policies.

kinds    which content is accepted, told by the bytes      objects   where the bytes are (`obstore`)
tables   one row a file, from its first byte to its end     uploads   the rows: opened, grown, completed, ended
assemble from parts to the file, hash and type checked      sweep     what was never completed or never used
commands `hub files …`                                      The doors are `hub/http/uploads.py` and `downloads.py`.
"""
