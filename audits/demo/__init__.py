"""The demo: real packages submitted, vetted, reviewed, certified and reported. It needs every app: it lives on top."""
