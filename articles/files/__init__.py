"""Pictures and documents: stored by digest, renditions, attachments, and who may have a file."""
