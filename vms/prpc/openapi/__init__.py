"""The API's document, made from the methods and messages that answer it, and its page."""
