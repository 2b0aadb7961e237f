"""The pages in a browser, for subscribers, profile writers and the operator."""
