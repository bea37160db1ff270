"""A mail server for the tests: SMTP on a port that the system chooses, each mail a line of JSON on standard output.

    server.py [--tls CERTIFICATE KEY] [--user NAME --password WORD] [--busy N]

With --tls nothing is taken before STARTTLS, with --user nothing before AUTH; the first N mails are put off by --busy.
"""
import argparse
import asyncio
import base64
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


def tell(**what):
    print(json.dumps(what), flush=True)


class Handler:
    def __init__(self, busy):
        self.busy = busy

    async def handle_DATA(self, server, session, envelope):
        if self.busy > 0:
            self.busy -= 1
            tell(event="busy")
            return "451 try again later"
        tell(
            event="mail", sender=envelope.mail_from, recipients=envelope.rcpt_tos, tls=session.ssl is not None,
            user=session.auth_data.login.decode() if session.auth_data else None,
            content=base64.b64encode(envelope.content).decode())
        return "250 OK"


async def serve(options):
    def authenticate(server, session, envelope, mechanism, data):
        right = (options.user.encode(), options.password.encode())
        if (data.login, data.password) == right:
            return AuthResult(success=True, auth_data=data)
        tell(event="refused", tls=session.ssl is not None)
        return AuthResult(success=False, handled=False)

    context = None
    if options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*options.tls)
    handler = Handler(options.busy)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            handler, hostname="localhost", tls_context=context, require_starttls=context is not None,
            auth_required=options.user is not None, auth_require_tls=context is not None,
            authenticator=authenticate if options.user else None, loop=loop),
        "127.0.0.1", 0)
    tell(event="ready", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


arguments = argparse.ArgumentParser()
arguments.add_argument("--tls", nargs=2)
arguments.add_argument("--user")
arguments.add_argument("--password")
arguments.add_argument("--busy", type=int, default=0)
asyncio.run(serve(arguments.parse_args()))
