"""Look-alike names: what is suspected, and how seldom an honest name is."""

from importlib.metadata import distributions

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.advisories.lookalikes import FOLDER, meant

TREES = """
@babel/code-frame @babel/helper-validator-identifier @colors/colors @jridgewell/sourcemap-codec
@n8n/tournament @oclif/core @sentry/node @types/express @types/lodash accepts acorn-jsx agent-base ansi-regex
anymatch argparse array-flatten ast-types async-limiter asynckit aws4 balanced-match base64-js basic-auth
bcryptjs bignumber.js bintrees bn.js body-parser brace-expansion braces browserify-sign bs58
buffer-equal-constant-time bull bytes cacache call-bind camelcase chai-spies change-case charenc
cheerio-select chokidar ci-info class-validator cli-cursor cli-table3 cli-table2 cliui clone-response
co-prompt color-convert color-name colorspace combined-stream compare-versions component-emitter concat-map
connect-history-api-fallback content-disposition convict cookie-signature cookies-parser-lite core-js-pure
cors crc-32 cron-parser cross-fetch crypt csrf css-what csv-parse currify date-fns-tz dayjs debug-fabulous
deep-is delayed-stream depd dezalgo diff-sequences dom-serializer domhandler dot-case dotenv-expand duplexer2
ecdsa-sig-formatter ee-first emoji-regex encodeurl end-of-stream entities es-abstract es5-ext escape-html
escodegen esprima-next eventemitter3 events evp_bytestokey expand-template express-async-errors
express-openapi-validator fast-deep-equal fast-glob fast-xml-parser fastq fecha fflate file-type finalhandler
flatted flowise follow-redirects for-each form-data-encoder formidable forwarded fs-minipass fs.realpath
function-bind gauge gaxios get-intrinsic glob-parent google-timezones-json gopd graceful-fs graphql-tag
handlebars-utils has-bigints hash-base helmet hmac-drbg html-to-text http-errors https-proxy-agent humanize-ms
iconv-lite ics ieee754 ignore-by-default imap-simple infer-owner inflight inherits ioredis ip-address
ipaddr.js is-arrayish is-binary-path isarray iso-639-1 isolated-vm jackspeak jmespath jose js-base64 jsbn
jschardet json-schema-traverse jsonpath-plus jsonrepair jssha jszip jwa jwks-rsa kafkajs kuler ldapts libmime
libqp limiter linkify-it lodash.camelcase lodash.get logform long lru-cache luxon mailparser make-dir
mappersmith media-typer merge-descriptors methods mime-db minimalistic-assert mimic-fn moment-timezone
mqtt-packet ms mssql mysql2 n8n-workflow named-placeholders nanoid needle negotiator nested-error-stacks
node-abi node-html-markdown node-ssh nodemailer nopt normalize-path npmlog oauth-1.0a object-inspect
on-finished openai otpauth p-cancelable packet-reader parse-srcset parseley path-scurry pdfjs-dist peberminta
pg-protocol pgpass picocolors pkce-challenge posthog-node pretty-bytes prom-client promise-ftp proxy-from-env
pug-lexer pyodide qs querystringify random-bytes raw-body readable-stream redis-errors reflect-metadata
regexp.prototype.flags replacestream retry-request rfdc rhea rss-parser rusha safe-stable-stringify samlify
sanitize-html saslprep sax seq-queue setprototypeof sha.js showdown side-channel simple-git slick
snowflake-sdk source-map-js sprintf-js sqlite3 sqlstring ssh2-sftp-client sshpk stack-trace statuses
string-width strnum stubborn-fs swagger-ui-express syslog-client tar-stream tarn tdigest tedious text-hex tlds
tmp-promise toidentifier tough-cookie triple-beam tslib tunnel-agent typedi typeorm uc.micro undici-types
unpipe uri-js url-parse utf8 utils-merge uuencode validator vary vm2 weak-daemon webidl-conversions
which-boxed-primitive winston-transport wordwrap wrappy ws xlsx xml2js xmlhttprequest-ssl xregexp xss yamljs
yaml-eslint-parser zod-to-json-schema
"""
"""Names out of real dependency trees of n8n, Node-RED and Express."""
NPM = TREES.split()


@pytest.mark.parametrize(
    ("ecosystem", "name", "target"),
    [
        ("npm", "lodahs", "lodash"),
        ("npm", "1odash", "lodash"),
        ("npm", "expresss", "express"),
        ("npm", "expres", "express"),
        ("npm", "Express", "express"),
        ("npm", "crossenv", "cross-env"),
        ("npm", "parser-yargs", "yargs-parser"),
        ("npm", "@bable/core", "@babel/core"),
        ("npm", "n8n-workflows", "n8n-workflow"),
        ("npm", "n8n-nodes-bases", "n8n-nodes-base"),
        ("npm", "node-red-contrib-modbuss", "node-red-contrib-modbus"),
        ("PyPI", "reqeusts", "requests"),
        ("PyPI", "urlib3", "urllib3"),
        ("PyPI", "Djang0", "django"),
        ("PyPI", "pythondateutil", "python-dateutil"),
        ("PyPI", "dateutil-python", "python-dateutil"),
    ],
)
def test_a_look_alike_names_the_package_that_is_meant(ecosystem, name, target):
    assert meant(ecosystem, name) == target


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        ("npm", "lodash"),
        ("npm", "preact"),  # well known itself
        ("npm", "n8n-workflow"),
        ("npm", "@babel/cora"),  # within the owner's own scope
        ("npm", "@aws-cdk/core"),
        ("npm", "eventemitter4"),  # another release line
        ("npm", "ms2"),  # too short
        ("npm", "lodash-something-of-mine"),
        ("PyPI", "Python_Dateutil"),
        ("PyPI", "acme-connector"),
        ("Packagist", "expres"),
        ("npm", ""),
        ("npm", "@"),
        ("npm", "@/"),
    ],
)
def test_what_is_no_look_alike_is_left_alone(ecosystem, name):
    assert meant(ecosystem, name) is None


def test_honest_names_of_real_trees_are_hardly_ever_suspected():
    python = [found.metadata["Name"] for found in distributions() if found.metadata["Name"]]
    suspected = [name for name in NPM if meant("npm", name)]
    also = [name for name in python if meant("PyPI", name)]

    assert len(NPM) > 300
    assert len(python) > 100
    assert len(suspected) <= 3, suspected
    assert also == []


@pytest.mark.parametrize("file", ["npm.txt", "pypi.txt", "platforms.txt"])
def test_each_list_names_its_source_and_holds_each_name_once(file):
    lines = (FOLDER / file).read_text().splitlines()
    names = [line for line in lines if not line.startswith("#")]

    assert lines[1].startswith("# Source: ")
    assert len(names) == len(set(names)) > 50


@given(st.sampled_from(["npm", "PyPI"]), st.text(max_size=40))
def test_no_name_breaks_it(ecosystem, name):
    assert meant(ecosystem, name) is None or meant(ecosystem, name) != name
