/**
 * The client module while nobody looks, with a socket and a clock of the test's own: what it says of its view, and when it
 * sends positions as the server asks. Under Node.js; the module's file is the argument.
 */
import assert from 'node:assert';
import { readFileSync } from 'node:fs';

let [now, timers, number] = [1000, new Map(), 0];
performance.now = () => now;
globalThis.setTimeout = (act, after) => (timers.set(number += 1, { act, at: now + after }), number);
globalThis.setInterval = (act, every) => (timers.set(number += 1, { act, at: now + every, every }), number);
globalThis.clearTimeout = globalThis.clearInterval = id => timers.delete(id);
globalThis.location = { origin: 'http://127.0.0.1' };
globalThis.CustomEvent ??= class extends Event {
    constructor(type, { detail }) {
        super(type);
        this.detail = detail;
    }
};

/** Lets time go by, and whatever is due be done. */
async function pass(milliseconds) {
    const end = now + milliseconds;
    for (;;) {
        const [id, next] = [...timers].sort(([, one], [, other]) => one.at - other.at)[0] ?? [];
        if (!next || next.at > end) break;
        now = next.at;
        if (next.every) next.at += next.every;
        else timers.delete(id);
        next.act();
        await settled();
    }
    now = end;
    await settled();
}

/** What is written to the store is written. */
const settled = () => new Promise(done => setImmediate(done));

class Socket {
    static all = [];
    readyState = 0;
    sent = [];

    constructor() { Socket.all.push(this); }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.readyState = 3; }
    hear(message) { this.onmessage({ data: JSON.stringify(message) }); }
    /** What has been sent since it was last asked, without pings. */
    take() { return this.sent.splice(0).filter(({ type }) => type !== 'ping'); }

    async open(event = 0, marker = 0) {
        this.readyState = 1;
        this.onopen();
        this.hear({
            type: 'joined', epoch: 'e', event, recovered: event > 0, runner: 1, run: 1, marker, time: 1.7e12 + now,
            columns: ['runner', 'state'], people: [], runners: [[1, event > 0 ? 'running' : 'ready']], events: [],
        });
        await settled();
    }
}

const { RunRoom } = await import(
    'data:text/javascript;base64,' + readFileSync(process.argv[2]).toString('base64'));
const room = new RunRoom({ runID: '159', token: 't', rate: 0, WebSocket: Socket });
const mark = async () => {
    room.mark({ latitude: 1, longitude: 2, time: now });
    await settled();
};
const ids = sent => sent.map(({ type, markers }) => {
    assert.equal(type, 'markers');
    return markers.map(({ id }) => id);
});

room.connect();
let socket = Socket.all[0];
// Before there is a connection, it is the join that says it.
room.setView(2);
await socket.open();
assert.equal(socket.sent[0].type, 'join');
assert.equal(socket.sent[0].rate, 2);
socket.take();
room.setView(0);
room.setView();
assert.deepEqual(socket.take().map(({ type, rate }) => [type, rate > 100 ? 'all' : rate]), [['view', 0], ['view', 'all']]);

// Each as it is taken.
room.start(now);
await settled();
assert.deepEqual(socket.take().map(({ type }) => type), ['start']);
socket.hear({ type: 'event', event: 1, kind: 'started', runner: 1, run: 1 });
for (let count = 0; count < 3; count += 1) {
    await mark();
    await pass(1000);
}
assert.deepEqual(ids(socket.take()), [[1], [2], [3]]);

// Together while nobody looks, and an acknowledgement does not hurry them.
socket.hear({ type: 'cadence', every: 15000 });
for (let count = 0; count < 40; count += 1) {
    await mark();
    if (count % 7 === 0) socket.hear({ type: 'ack', marker: Math.min(count, 3) });
    await pass(1000);
    // As a server answers pings.
    socket.hear({ type: 'pong', time: 1.7e12 + now });
}
let batches = ids(socket.take());
assert.ok(batches.length >= 2 && batches.length <= 3, JSON.stringify(batches));
assert.ok(batches[0].length >= 15);
const last = batches.flat().reduce((most, id) => Math.max(most, id), 0);
assert.ok(last < 43);
socket.hear({ type: 'ack', marker: last });
await settled();

// At once when somebody looks.
socket.hear({ type: 'cadence', every: 0 });
await settled();
assert.deepEqual(ids(socket.take()).flat().filter(id => id > last), Array.from({ length: 43 - last }, (_, index) => last + 1 + index));
socket.hear({ type: 'ack', marker: 43 });
await settled();
socket.take();

// A word takes along what happened before it.
socket.hear({ type: 'cadence', every: 15000 });
await mark();
await mark();
assert.deepEqual(socket.take(), []);
room.pause(now);
await settled();
assert.deepEqual(socket.take().map(({ type, markers }) => [type, markers?.length]), [['markers', 2], ['pause', undefined]]);
socket.hear({ type: 'event', event: 2, kind: 'paused', runner: 1 });
socket.hear({ type: 'ack', marker: 45 });
await settled();
room.start(now);
await settled();
socket.hear({ type: 'event', event: 3, kind: 'started', runner: 1, run: 1 });
await settled();
socket.take();

// A timer that is late, as in a hidden page, holds nothing back: the next position takes the others along.
await mark();
now += 16000;
await mark();
assert.deepEqual(ids(socket.take()), [[46, 47]]);
socket.hear({ type: 'ack', marker: 47 });
await settled();

// A page in the background pings once a minute, and is not taken for lost while the pings are answered.
socket.hear({ type: 'pong', time: 1.7e12 + now });
for (let count = 0; count < 3; count += 1) {
    now += 60000;
    for (const timer of timers.values()) if (timer.every) {
        timer.at = now + 60000;
        timer.act();
    }
    assert.equal(room.status.state, 'live');
    now += 50;
    socket.hear({ type: 'pong', time: 1.7e12 + now });
}
now += 60000;
for (const timer of [...timers.values()]) if (timer.every) timer.act();
assert.equal(room.status.state, 'live', 'it is asked first');
now += 60000;
for (const timer of [...timers.values()]) if (timer.every) timer.act();
assert.equal(room.status.state, 'waiting', 'it did not answer');

// A new connection asks for nothing until it does.
room.setView(0);
room.connect();
socket = Socket.all[Socket.all.length - 1];
await socket.open(3, 47);
assert.equal(socket.take()[0].rate, 0);
await mark();
assert.deepEqual(ids(socket.take()), [[48]]);
console.log('done');
process.exit(0);
