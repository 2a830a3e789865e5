"""The draft form: fields, editor, checks, autosave, uploads, Word import.

`urls.VIEWS` lists the views, under admin/articles/article/editing/. All are for people who write for some department.
They answer in JSON: the result, or {"error": a sentence for the person}.
"""
