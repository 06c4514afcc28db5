"""Small applications, composed of the course's parts; each module is one of them."""
