"""The form that drafters write in: fields, editor, checks, and what it asks the server while they write.

`urls.VIEWS` lists the views, under admin/articles/article/editing/. All are for people who write for some department.
They answer in JSON: the result, or {"error": a sentence for the person}.
"""
