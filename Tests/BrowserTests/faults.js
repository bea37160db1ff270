/**
 * A runner for the tests of faults: runs as it is told with the client module as the server serves it, and says what it
 * was told. In a browser `run` is called by the test; under Node.js, with the arguments as JSON, each word is a line.
 */
export async function run({ RunRoom, IndexedDBStore }, options, say) {
    const { url, runID, password, token, from, count, every, isStored } = options;
    const room = new RunRoom({
        url, runID, password, token, role: 'runner', ...isStored ? { store: new IndexedDBStore(runID) } : {},
    });
    let hasFinished = false;
    const problems = [], closes = [];
    room.addEventListener('event', ({ detail }) => {
        if (detail.kind === 'finished' && detail.runner === room.runner) hasFinished = true;
        say({ event: detail.event, kind: detail.kind, runner: detail.runner });
    });
    room.addEventListener('snapshot', ({ detail }) => say({ recovered: detail.recovered, since: room.since.event }));
    room.addEventListener('problem', ({ detail }) => problems.push(detail.code));
    room.addEventListener('status', ({ detail: { state, reason } }) => {
        if (state === 'ended' || state === 'waiting') closes.push(reason);
        // Somebody else took the place: this is the device that people hold, and takes it back.
        if (state === 'ended') setTimeout(() => room.connect(), 300);
    });
    const until = async condition => { while (!condition()) await new Promise(done => setTimeout(done, 20)); };
    await room.restore();
    room.connect();
    await until(() => room.runner !== null);
    // The test's faults begin.
    say({ ready: true });
    room.start(from);
    for (let index = 0; index < count; index += 1) {
        room.mark({
            latitude: 51.5 + index * 2.5e-5, longitude: -0.12, time: from + index * 1000, accuracy: 5,
        });
        await new Promise(done => setTimeout(done, every));
    }
    room.finish(from + count * 1000);
    await until(() => hasFinished && room.run.waiting === 0 && room.status.state === 'live');
    const { phase, waiting } = room.run;
    say({ done: true, phase, waiting, problems, closes, offset: room.now() - Date.now() });
    room.close();
}

if (typeof process !== 'undefined' && process.argv[2]) {
    // Debian 12's Node.js has neither.
    globalThis.WebSocket ??= (await import('/usr/share/nodejs/ws/index.js')).default;
    globalThis.CustomEvent ??= class extends Event {
        constructor(type, { detail }) {
            super(type);
            this.detail = detail;
        }
    };
    const options = JSON.parse(process.argv[2]);
    const module = await (await fetch(`${options.module}`)).text();
    const client = await import('data:text/javascript;base64,' + Buffer.from(module).toString('base64'));
    await run(client, options, word => console.log(JSON.stringify(word)));
    process.exit(0);
}
