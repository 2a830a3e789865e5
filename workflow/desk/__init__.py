"""Pages of the desk: home, queue, review, timeline, approval sheet."""
