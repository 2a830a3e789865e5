"""Views and forms of the draft form: autosave, uploads, Word import, typesetting, checks.

The views are listed in `urls.VIEWS`, under admin/articles/article/editing/. They are for people who may write in some
department, and answer with JSON: the result, or {"error": a sentence for the person}.
"""
