"""What the form that drafters write in asks the server while they write: uploads, saves by itself, help with the text.

The views stand in `urls.VIEWS`, under admin/articles/article/editing/. All are for people who write for some department
and answer in JSON: what was asked for, or {"error": a sentence for the person}.
"""
