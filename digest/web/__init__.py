"""Pages in a browser: what readers, profile writers and the operator see there."""
