"""One VM without a server: what its launch would be (``plan``), and that launch in the foreground.

Everything that decides it is the server's own: the request's serializer, the checks, the spec, the
measurement, the command line and the driver. Only what the server keeps in its database is missing;
where there is one, it is read, and never written.
"""
