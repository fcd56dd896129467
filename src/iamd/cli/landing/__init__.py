"""An organization from one file: read, compared with what there is, and made."""
