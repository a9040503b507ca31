"""移送书 and 回执 as Word documents: what a query answered, in Chinese form, on templates that an agency can edit.

asked/*.graphql   the fixed queries that the documents are made of: the only way to a record
contents          an answer → what is printed, or why nothing may be
words             Chinese names of the codes that are printed
chinese           dates, counts and amounts in words
word              what is printed → .docx
templates/*.docx  the layouts; `python -m hub.documents.layouts` makes them anew
"""
