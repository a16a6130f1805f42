"""Certificates for tests, made with the openssl program."""

import pathlib
import subprocess


class Certificates:
    """A root and the leaves it signs, in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "root.pem"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-keyout", "root.key", "-out", "root.pem", "-days", "30", "-subj", "/CN=Test root",
                  "-addext", "basicConstraints=critical,CA:TRUE",
                  "-addext", "keyUsage=critical,keyCertSign")

    def _run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def leaf(self, name, subject_alternative, dates=None, signed=True):
        """(certificate file, key file); `dates` as YYYYMMDDHHMMSSZ pairs."""
        key, request, certificate = f"{name}.key", f"{name}.csr", f"{name}.pem"
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={subject_alternative}\n")
        issuer = (("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial") if signed
                  else ("-signkey", key))
        if dates is None:
            self._run("x509", "-req", "-in", request, "-out", certificate, "-days", "20",
                      "-extfile", extensions.name, *issuer)
        else:
            (self.folder / "index.txt").write_text("")
            (self.folder / "serial").write_text("1000\n")
            (self.folder / "ca.cnf").write_text(
                "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
                "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
            self._run("ca", "-batch", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile",
                      "root.key", "-in", request, "-out", certificate, "-startdate", dates[0],
                      "-enddate", dates[1], "-extfile", extensions.name, "-notext")
        return str(self.folder / certificate), str(self.folder / key)
