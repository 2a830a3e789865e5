"""Word documents (.docx): read into the HTML, pictures and footnotes of an article."""
