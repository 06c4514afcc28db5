"""The texts of the page: key, then English and Chinese; `words` says them."""
