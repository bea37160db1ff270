#!/usr/bin/env python3
"""Writes the inputs with which the fuzzers begin: Corpus/<target>/<name>, small files, right ones and wrong ones.

What is added to a corpus by hand, such as the reproducer of a fault that was mended, stays: nothing is deleted.
"""

import gzip
import io
import os
import struct
import zipfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Corpus")
MARKER = '{"id":1,"latitude":39.9050,"longitude":116.4070,"time":1732350000000,"accuracy":6.5,"altitude":44.0,"heartRate":151}'


def markers(inner, more=""):
    return '{"type":"markers","markers":[' + inner + "]" + more + "}"


MARKERS = {
    "example": markers(MARKER),
    "two": markers(MARKER + "," + MARKER.replace('"id":1', '"id":2'), ',"run":1'),
    "none": markers(""),
    "escaped": markers(MARKER.replace("id", "\\u0069d").replace("latitude", "lat\\u0069tude")),
    "spaced": ' {\r\n\t"markers" : [ { "id" : 1e0 , "latitude":-0.0,"longitude":180,"time":0 } ] , "type" : "markers" } ',
    "unknown": markers(MARKER[:-1] + ',"speed":{"a":[[],{}]},"x":null,"":true}', ',"crs":"\\ud83c\\udfc3"'),
    "nulls": markers('{"id":7,"latitude":1,"longitude":2,"time":3,"accuracy":null,"altitude":null,"heartRate":null}'),
    "numbers": markers('{"id":10e-1,"latitude":0.00000000000000000000001e22,"longitude":-179.99999999999999999999,'
                       '"time":1732350000000.999,"accuracy":1e400,"altitude":-2e4,"heartRate":500.0}'),
    "many": markers(",".join('{"id":%d,"latitude":0,"longitude":0,"time":0}' % i for i in range(1, 22))),
    "range": markers('{"id":1000001,"latitude":91,"longitude":0,"time":-1}'),
    "twice": markers('{"id":1,"id":1,"latitude":1,"longitude":2,"time":3}'),
    "kinds": markers('{"id":"1","latitude":true,"longitude":[],"time":{}}'),
    "cut": markers(MARKER)[:-9],
    "deep": markers(MARKER[:-1] + ',"x":' + "[" * 29 + "]" * 29 + "}"),
    "other": '{"type":"start"}',
}

JSON = {
    "join": '{"type":"join","runID":"159","password":159,"token":"Bearer x","role":"runner","crs":"gcj02",'
            '"since":{"epoch":"b1c4","event":57},"clock":1732350000000.5,"tracks":false}',
    "finish": '{"type":"finish","time":1732350000000,"run":1}',
    "cheer": '{"type":"cheer","to":3,"text":"\\u52a0油 \\ud83c\\udfc3"}',
    "ping": '{"type":"ping","t":[1,{"a":"\\n"},-0.0]}',
    "pingTwice": '{"type":"ping","t":1,"\\u0074":1732350000000}',
    "view": '{"type":"view","rate":0.1}',
    "numbers": "[0,-0,1.0,1E5,-1e-7,9223372036854775807,9223372036854775808,1e308,1e999,5e-324,1e15]",
    "escapes": '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\uffff"',
    "surrogates": '["\\ud800","\\udc00\\ud800","\\ud83c\\ud83c\\udfc3"]',
    "utf8": b'"\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"',
    "notUTF8": b'["\xc0\x80","\xed\xa0\x80"]',
    "mark": b"\xef\xbb\xbf{}",
    "deep": "[" * 32 + "]" * 32,
    "tooDeep": "[" * 33 + "]" * 33,
    "members": "{" + ",".join('"%d":%d' % (i % 18, i) for i in range(20)) + "}",
    "equivalent": '{"\\u212b":1,"\\u00c5":2,"A\\u030a":3}',
    "cut": '{"type":"pi',
    "wrong": '[01,.5,1.,+1,tru,nul,{a:1},"\t",1 2]',
}


def request(*lines, body=""):
    return "\r\n".join(lines) + "\r\n\r\n" + body


REQUESTS = {
    "get": request("GET /api/runRoom/all?page=1&limit=20 HTTP/1.1", "Host: a", "Accept: */*"),
    "pipelined": request("GET / HTTP/1.1", "Host: a") * 3,
    "length": request("POST /a/%E4%BD%A0?x=%2F+y HTTP/1.1", "Host: a:80", "Content-Length: 5", body="hello")
              + request("GET /b HTTP/1.0", "Connection: keep-alive"),
    "chunked": request("POST /a HTTP/1.1", "Host: [::1]:1", "Transfer-Encoding: chunked",
                       body='5;a;b=c;d="\\"e" \r\nhello\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n'),
    "absolute": request("GET http://example.org:80?x HTTP/1.1", "Host: b", "Expect: 100-continue"),
    "star": request("OPTIONS * HTTP/1.1", "Host: a"),
    "upgrade": request("GET /live HTTP/1.1", "Host: a", "Upgrade: websocket", "Connection: Upgrade",
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"),
    "emptyLines": "\r\n\r\n" + request("GET / HTTP/1.1", "Host: a"),
    "endlessLines": "\r\n" * 9,
    "bothLengths": request("POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Transfer-Encoding: chunked", body="x"),
    "twoLengths": request("POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 1", body="x"),
    "codings": request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip, chunked"),
    "bareLineFeed": "GET / HTTP/1.1\nHost: a\n\n",
    "folded": request("GET / HTTP/1.1", "Host: a", "X: b", "  c"),
    "colon": request("GET / HTTP/1.1", "Host : a"),
    "dots": request("GET /a/%2e%2E/b HTTP/1.1", "Host: a"),
    "encodings": request("GET /%00 HTTP/1.1", "Host: a"),
    "longTarget": request("GET /" + "a" * 210 + " HTTP/1.1", "Host: a"),
    "hugeChunk": request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body="FFFFFFFFFFFFFFF\r\n"),
    "extensions": request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body="1;" + "a" * 300),
}


def frame(opcode, payload, final=True, mask=b"\x01\x02\x03\x04"):
    first = (0x80 if final else 0) | opcode
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head = bytes([first, bit | len(payload)])
    else:
        head = bytes([first, bit | 126]) + struct.pack(">H", len(payload))
    return head + (mask + bytes(b ^ mask[i & 3] for i, b in enumerate(payload)) if mask else payload)


FRAMES = {
    "text": frame(1, '{"type":"start"}'.encode()),
    "unmasked": frame(1, b"hello", mask=None) + frame(9, b"x", mask=None),
    "fragments": frame(1, "加".encode()[:2], final=False) + frame(9, b"p") + frame(0, "加".encode()[2:], final=False)
                 + frame(0, b""),
    "emptyFragments": frame(1, b"", final=False) + frame(0, b"", final=False) * 5,
    "binary": frame(2, b"\0\xff"),
    "close": frame(8, struct.pack(">H", 1000) + b"bye"),
    "closeEmpty": frame(8, b""),
    "closeByte": frame(8, b"x"),
    "closeCode": frame(8, struct.pack(">H", 1005)),
    "long": frame(1, b"a" * 200),
    "tooLong": frame(1, b"a" * 301),
    "parts": frame(1, b"a" * 200, final=False) + frame(0, b"a" * 101),
    "notShortest": bytes([0x81, 0xfe, 0, 5, 1, 2, 3, 4]) + b"hello",
    "huge": bytes([0x81, 0xff]) + b"\xff" * 8,
    "reserved": bytes([0xc1, 0x80, 0, 0, 0, 0]),
    "longPing": frame(9, b"p" * 126),
    "pingInParts": frame(9, b"p", final=False),
    "notUTF8": frame(1, b"ab\xed\xa0\x80cdefghijkl"),
    "continued": frame(0, b"x"),
    "interrupted": frame(1, b"x", final=False) + frame(1, b"y"),
    "utf8": "plain ascii of more than eight é 加 🏃".encode(),
}


def part(disposition, content, more="", boundary="b"):
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\n{more}\r\n{content}\r\n"


MULTIPART = {
    "fields": part('form-data; name="a"', "one") + part('form-data; name="你"', "two\r\nlines --b\r\n-") + "--b--\r\n",
    "file": part('form-data; name="f"; filename="x \\"y\\".png"', "\0\r\n--\r\n--x", "Content-Type: image/png\r\n")
            + "--b--",
    "extended": part("form-data; name=f; filename*=UTF-8''%e4%bd%a0.png", "x") + "--b--",
    "empty": "--b--\r\n",
    "emptyContent": '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n--b--',
    "preamble": "nothing\r\n" + part('form-data; name="a"', "one") + "--b--\r\nepilogue",
    "otherBoundary": part('form-data; name="a"', "one", boundary="----Web Kit") + "------Web Kit--\r\n",
    "blanks": '--b \t\r\ncontent-disposition:form-data;name="a"\r\n\r\none\r\n--b-- ',
    "large": part('form-data; name="f"; filename="a"', "x" * 201) + "--b--",
    "parts": part('form-data; name="a"', "") * 7 + "--b--",
    "noEnd": part('form-data; name="a"', "one"),
    "noName": part("form-data", "one") + "--b--",
    "noColon": "--b\r\nContent-Disposition\r\n\r\n\r\n--b--",
    "notUTF8": part('form-data; name="a"', "X").encode().replace(b"X", b"\xff\xfe") + b"--b--",
    "header": 'multipart/form-data; a; b=; boundary = "x\\"y"; charset=utf-8; boundary=z',
}


def gpx(inner, head='<?xml version="1.0" encoding="UTF-8"?>\n'):
    return head + '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">' + inner + "</gpx>"


POINT = ('<trkpt lat="39.9050" lon="116.4070"><ele>44.0</ele><time>2018-05-14T09:54:12.25Z</time>'
         "<extensions><hr>151</hr></extensions></trkpt>")

GPX = {
    "track": gpx("<trk><name>Run &amp; 加油</name><type>9</type><trkseg>" + POINT * 2 + "</trkseg><trkseg/></trk>"),
    "prefixes": '<g:gpx xmlns:g="a" xmlns:t="b"><g:trk><g:trkseg><g:trkpt lat="-90" lon="180"><g:extensions>'
                "<t:x><t:hr>0</t:hr></t:x></g:extensions></g:trkpt></g:trkseg></g:trk></g:gpx>",
    "zones": gpx('<trk><trkseg><trkpt lat="0" lon="0"><time>2000-02-29 23:59:60,9+05:30</time></trkpt>'
                 '<trkpt lat="1e1" lon="-.5"><time>0001-01-01T00:00:00-23</time></trkpt></trkseg></trk>'),
    "text": gpx("<trk><name><![CDATA[a]]>&#x1F3C3;b<x>c</x></name></trk>"),
    "empty": gpx(""),
    "many": gpx("<trk><trkseg>" + '<trkpt lat="1" lon="2"/>' * 51 + "</trkseg></trk>"),
    "latin": gpx("<trk><name>\xe9</name></trk>", '<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1"),
    "utf16": gpx("<trk><name>加</name></trk>", "").encode("utf-16"),
    "doctype": '<!DOCTYPE gpx [<!ENTITY a "x">]>' + gpx("<trk><name>&a;</name></trk>", ""),
    "doctype16": ('<!DOCTYPE gpx [<!ENTITY a "x">]>' + gpx("<trk><name>&a;</name></trk>", "")).encode("utf-16"),
    "utf32": "<gpx/>".encode("utf-32-be"),
    "utf7": '<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE gpx [+ADw-!ENTITY a "x">]><gpx/>',
    "outOfRange": gpx('<trk><trkseg><trkpt lat="90.1" lon="0"/></trkseg></trk>'),
    "noPosition": gpx('<trk><trkseg><trkpt lat="0"/></trkseg></trk>'),
    "nan": gpx('<trk><trkseg><trkpt lat="nan" lon="0x1"/></trkseg></trk>'),
    "badTime": gpx('<trk><trkseg><trkpt lat="0" lon="0"><time>2018-02-30T00:00:00Z</time></trkpt></trkseg></trk>'),
    "cut": gpx("<trk><trkseg>" + POINT)[:-70],
    "other": "<kml/>",
    "roots": "<gpx/><gpx/>",
    "undeclared": "<gpx><a:trk/></gpx>",
}

TCX_POINT = ("<Trackpoint><Time>2018-05-14T09:54:1%dZ</Time><Position><LatitudeDegrees>39.9</LatitudeDegrees>"
             "<LongitudeDegrees>116.4</LongitudeDegrees></Position><AltitudeMeters>0</AltitudeMeters><DistanceMeters>7"
             "</DistanceMeters><HeartRateBpm><Value>99.5</Value></HeartRateBpm><Cadence>80</Cadence></Trackpoint>")
TCX = ('<TrainingCenterDatabase><Activities><Activity Sport="Running"><Lap StartTime="2018-05-14T09:54:10Z">'
       "<TotalTimeSeconds>3</TotalTimeSeconds><DistanceMeters>9</DistanceMeters><Calories>1</Calories><TriggerMethod>"
       "Distance</TriggerMethod><Track>" + TCX_POINT % 1 + "</Track><Track>" + TCX_POINT % 3 + "</Track></Lap>"
       '<Lap StartTime="2018-05-14T09:54:15Z"><Track>' + TCX_POINT % 8 + "</Track></Lap><Notes>n</Notes></Activity>"
       "</Activities></TrainingCenterDatabase>")
KML = ('<kml xmlns:gx="g"><Document><Placemark><name>n</name><gx:MultiTrack><gx:Track><when>2018-05-14T09:54:11Z</when>'
       "<when>2018-05-14T09:54:12Z</when><gx:coord>2 1 7</gx:coord><gx:coord/><ExtendedData><SchemaData>"
       '<gx:SimpleArrayData name="heartrate"><gx:value>99</gx:value></gx:SimpleArrayData></SchemaData></ExtendedData>'
       "</gx:Track></gx:MultiTrack></Placemark><Placemark><LineString><coordinates>2,1,3 2.1,1</coordinates></LineString>"
       "</Placemark><Placemark><name>m</name><Point><coordinates>2,1</coordinates></Point></Placemark></Document></kml>")
GEOJSON = ('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"n","coordTimes":'
           '["2018-05-14T09:54:11Z",1526291652000],"heart":[99,null]},"geometry":{"type":"LineString","coordinates":'
           '[[2,1,7.5],[2.1,-1e0]]}},{"type":"MultiLineString","coordinates":[[[1,2]],[[3,4],[5,6]]]},{"properties":'
           '{"name":"\\ud83c\\udfc1"},"type":"Feature","geometry":{"type":"Point","coordinates":[3,4]}}]}')
XML = {
    "tcx": TCX, "kml": KML, "geojson": GEOJSON,
    "cdata": KML.replace("<name>n", "<name><![CDATA[n]]>&#13;"),
    "utf16": KML.encode("utf-16"),
    "course": "<TrainingCenterDatabase><Courses><Course><Name>c</Name><Track>" + TCX_POINT % 1 + "</Track><CoursePoint>"
              "<Name>p</Name><Position><LatitudeDegrees>1</LatitudeDegrees><LongitudeDegrees>1</LongitudeDegrees>"
              "</Position></CoursePoint></Course></Courses></TrainingCenterDatabase>",
}

# What gpsbabel, fitdecode and Garmin's kit read alike: three records, a lap, a session.
GOLDEN = bytes.fromhex(
    "0e20e2525e0100002e464954480a40000000000500010001028402028403048c0404860004ff000000010000003044a44141"
    "0000150003fd0486000100010100013044a4410000420000140007fd04860004850104854e04860504864904860301020230"
    "44a441ca7b601c663fc752a00a0000000000000000000078023a44a441c589601c663fc752a10a0000020d0000020d00008c"
    "024444a441c197601c663fc752a20a0000041a0000020d0000ff014444a4410004430000130009fe0284fd04860204860704"
    "860804860904860001000101001801000300004444a4413044a441204e0000204e0000041a000009010744000012000dfe02"
    "84fd04860204860704860804860904860001000101000501000601001902841a02841c01000400004444a4413044a441204e"
    "0000204e0000041a0000080101000000010000450000220007fd0486000486010284020100030100040100050486054444a4"
    "41204e00000100001a01c4b4a4417ea2")


def fit(data):
    return bytes([12, 0x20, 0, 0]) + struct.pack("<I", len(data)) + b".FIT" + data + b"\0\0"


FITS = {
    "golden": GOLDEN,
    "chained": GOLDEN + fit(bytes.fromhex("4000000000010001000006")),
    "cut": GOLDEN[:200],
    "unsized": GOLDEN[:4] + bytes(4) + GOLDEN[8:-2],
    "compressed": fit(bytes.fromhex("4000000000010001000004") + bytes.fromhex("410000140002fd0486030102")
                      + bytes.fromhex("013044a44164") + bytes.fromhex("420000140001030102")
                      + bytes([0xc5, 100, 0xdf, 101, 0xc1, 102])),
    "big": fit(bytes.fromhex("410001001403fd0486000485010485") + bytes.fromhex("0141a444301c607bca52c73f66")),
    "developer": fit(bytes.fromhex("610000140001fd048601000100") + bytes.fromhex("013044a44107")),
    "course": fit(bytes.fromhex("40000000000100010006") + bytes.fromhex("410000200003010486020485030485")
                  + bytes.fromhex("013044a441ca7b601c663fc752")),
    "compressedDistance": fit(bytes.fromhex("410000140002fd048608030d") + bytes.fromhex("013044a441010203")),
}


def zipped(files, stored=False):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


ZIP = {
    "zip": zipped([("a/run.gpx", GPX["track"]), ("b.fit", GOLDEN)]),
    "stored": zipped([("../run.gpx", GPX["track"]), ("x.jpg", b"\xff\xd8\xff" + bytes(9))], stored=True),
    "kmz": zipped([("doc.kml", KML), ("a.png", b"\x89PNG")]),
    "nested": zipped([("a.zip", zipped([("b.gpx", GPX["track"])]))]),
    "gzip": gzip.compress(GPX["track"].encode(), mtime=0),
    "members": gzip.compress(b"<gpx>", mtime=0) + gzip.compress(b"</gpx>", mtime=0),
    "empty": zipped([]),
}

# Kind; then of each point: what it has, and its numbers, each behind the number of its bytes.
POINTS = bytes([2]) + b"".join(
    bytes([present, 4]) + struct.pack(">i", 399_050_000 + i * 100) + bytes([4]) + struct.pack(">i", 1_164_070_000)
    + bytes([1, i, 6]) + (1_732_350_000_000 + 1000 * i).to_bytes(6, "big") + bytes([1, 65, 1, 120, 1, 151, 1])
    for i, present in enumerate([0, 7, 7, 15, 2]))

TRACKS = {
    "points": POINTS,
    # A sealed one: version 1, two points, columns of order 1 in which nothing changes.
    "still": bytes([1, 1, 2, 0, 0, 0]) + b"\xfd" * 5,
    "none": bytes([1, 1, 0, 0, 0, 0, 0, 0]),
    "pieces": bytes([1, 2, 0, 0, 0, 0]),
    "count": bytes([1, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]),
    "raw": bytes([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    "column": bytes([3]) + b"".join(bytes([1, i]) for i in range(40)),
    "wide": bytes([3]) + b"".join(bytes([count]) + b"\x7f" * min(count, 8) for count in (8, 15, 0, 4, 15, 1)),
}

JOURNAL = {
    "chunks": bytes([2, 1, 3, 2, 1, 2, 2]) + POINTS[2:14] * 3,
    "empty": bytes([1, 1]),
    "truncated": bytes([1, 1, 3, 1, 2, 3]),
    "track": bytes([1, 1, 3]) + bytes(8) + bytes([5, 1, 0, 0, 0, 0]),
    "varint": bytes([1, 1]) + b"\x80" * 10,
    "version": bytes([1, 2]),
    "raw": bytes([0, 1, 0, 0, 0, 0]),
    "runners": bytes([2]) + bytes([4, 0x7f, 0xff, 0xff, 0xff, 8]) + b"\xff" * 8 + bytes([0, 0, 0, 0, 0]),
}

for target, inputs in {"Markers": MARKERS, "JSON": JSON, "Requests": REQUESTS, "Frames": FRAMES,
                       "Multipart": MULTIPART, "GPX": GPX, "XML": XML, "FIT": FITS, "Zip": ZIP,
                       "Tracks": TRACKS, "Journal": JOURNAL}.items():
    os.makedirs(os.path.join(HERE, target), exist_ok=True)
    for name, content in inputs.items():
        with open(os.path.join(HERE, target, name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
