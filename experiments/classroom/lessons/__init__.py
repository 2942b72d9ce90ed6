"""Lessons: files in Markdown that a teacher can edit, read and checked."""
