/**
 * The map: dots where phones were seen last, the ways behind them, arrows to those beyond the edge. It shows all, or
 * follows one, or stays where it was moved to. Nothing is drawn at a place that nobody measured.
 *
 * @module map-view
 */
import { LatLng, LatLngBounds, Point } from './leaflet.js';
import { duration } from './format.js';
import { makeGround } from './ground.js';
import { latitude, worldX, worldY } from './way.js';

/** @typedef {import('./runner.js').Runner} Runner */
/** @typedef {{ url: string, attribution: string, closestZoom: number }} Tiles */
/** @typedef {{ runner: Runner, x: number, y: number }} Dot */

/** Pixels: of a dot, of one among many, of the room that an arrow keeps from the edge, and of a finger. */
const [RADIUS, CROWD_RADIUS, EDGE, REACH] = [11, 8.5, 22, 22];
/** With more runners, ways are tails of so many points and only the first few names are written. */
const [CROWD, TAIL, CROWD_LABELS] = [30, 40, 5];
/** Pixels: what the pause sign takes beside a dot, and the buttons in the corner with what is around them. */
const [PAUSE_SIGN, BUTTONS] = [8, { x: 56, y: 92 }];
/** At most so many arrows point beyond the edge. */
const ARROWS = 12;
/** The nearest that the map goes by itself. */
const CLOSEST = 18;
/** Milliseconds of Leaflet's zoom animation, and between two moves of the map by itself. */
const [ZOOM, CALM] = [250, 1500];
/** Milliseconds between two drawings of the ways. */
const WAYS_EVERY = 1000;

export class MapView {
    /** @type {'all' | 'free' | number} The number of who is followed. */
    mode = 'all';
    /** @type {number | null} The number of who looks, if they run. */
    mine = null;

    /** @type {Runner[]} From the last to the first, who is drawn on top. */ #runners = [];
    /** @type {Dot[]} As drawn last. */ #dots = [];
    #map;
    #ways;
    #canvas = document.createElement('canvas');
    #container;
    #onMode;
    #now = () => 0;
    #movesQuietly = matchMedia('(prefers-reduced-motion: reduce)');
    #movedAt = -Infinity;
    #waysAt = -Infinity;
    #isScheduled = false;
    /** Whether the map has been where somebody is. */ #sees = false;
    /** @type {{ from: number[], to: number[], begun: number } | null} The zoom under way. */ #zooming = null;
    /** @type {Record<string, string>} */ #colors = {};
    /** How many pixels are drawn as one: dots and names grow with the page's type, which grows with the screen. */
    #scale = 1;
    /** @type {globalThis.Map<string, number>} Widths of names, in pixels. */ #widths = new globalThis.Map();

    /**
     * @param {HTMLElement} container
     * @param {{ tiles?: Tiles, now: () => number, onMode?: () => void, onTap?: (number: number) => void }} options `now`
     *     is the server's clock; without `onTap` nobody moves the map, which shows all.
     */
    constructor(container, { tiles, now, onMode = () => {}, onTap }) {
        this.#container = container;
        this.#now = now;
        this.#onMode = onMode;
        const { map, ways } = makeGround(container, tiles, {}, !onTap);
        this.#map = map;
        this.#ways = ways;
        this.#canvas.className = 'dots';
        this.#canvas.setAttribute('aria-hidden', 'true');
        container.append(this.#canvas);
        map.on('move zoom resize viewreset', () => this.redraw());
        map.on('moveend', () => { this.#waysAt = -Infinity; this.redraw(); });
        map.on('zoomanim', event => this.#beginZoom(event));
        if (onTap) this.#heedHands(onTap);
        new ResizeObserver(() => this.#fitWindow()).observe(container);
        const scheme = matchMedia('(prefers-color-scheme: dark)');
        scheme.addEventListener('change', () => this.#readColors());
        this.#readColors();
        map.setView(new LatLng(30, 10), 3, { animate: false });
        this.#hasView = false;
    }

    /**
     * The pixel on the map where a runner's dot is; null if none is on it. For tests and pointers.
     *
     * @param {number} number
     */
    dotOf(number) {
        const dot = this.#dots.find(({ runner }) => runner.number === number);
        return dot ? { x: dot.x, y: dot.y } : null;
    }

    showAll() {
        this.#setMode('all');
        this.#movedAt = -Infinity;
        this.#keepInView();
        this.redraw();
    }

    /** @param {number} number */
    follow(number) {
        this.#setMode(number);
        this.#movedAt = -Infinity;
        this.#keepInView();
        this.redraw();
    }

    /**
     * What the viewer has zoomed stays as it is, so it is not “all” any more; who is followed stays in the middle.
     *
     * Leaflet does not tell whose zoom it is, hence what a viewer zooms and moves with.
     *
     * @param {(number: number) => void} onTap
     */
    #heedHands(onTap) {
        this.#map.on('dragstart', () => this.#setMode('free'));
        this.#map.on('click', event => {
            const tapped = this.#dotAt(event.containerPoint);
            if (tapped !== null) onTap(tapped);
        });
        const zooms = () => { if (this.mode === 'all') this.#setMode('free'); };
        const container = this.#container;
        container.addEventListener('wheel', zooms, { passive: true });
        container.addEventListener('dblclick', zooms);
        container.addEventListener('touchmove', ({ touches }) => { if (touches.length > 1) zooms(); }, { passive: true });
        container.addEventListener('keydown', ({ key }) => {
            if (key.startsWith('Arrow')) this.#setMode('free');
            else if ('+=-_'.includes(key)) zooms();
        });
        // Before Leaflet keeps it for itself.
        container.addEventListener('click', ({ target }) => {
            if (target instanceof Element && target.closest('.leaflet-control-zoom')) zooms();
        }, { capture: true });
    }

    /** @param {'all' | 'free' | number} mode */
    #setMode(mode) {
        if (this.mode === mode) return;
        this.mode = mode;
        this.#waysAt = -Infinity;
        this.#onMode();
    }

    /** @param {Iterable<Runner>} runners */
    update(runners) {
        const rank = (/** @type {Runner} */ runner) => runner.number === this.mode ? 0 : runner.number === this.mine ? 0.5 : runner.row.place ?? Infinity;
        this.#runners = [...runners].filter(runner => runner.isOnMap)
            .sort((a, b) => rank(b) - rank(a) || b.number - a.number);
        this.#keepInView();
        this.redraw();
    }

    /** Draws with the next picture of the screen. */
    redraw() {
        if (this.#isScheduled) return;
        this.#isScheduled = true;
        requestAnimationFrame(() => {
            this.#isScheduled = false;
            this.#drawDots();
            const now = performance.now();
            if (now - this.#waysAt < WAYS_EVERY) return;
            this.#waysAt = now;
            this.#drawWays();
        });
    }

    // MARK: Where the map is

    /** @param {Runner} runner */
    static place(runner) { return new LatLng(runner.row.latitude ?? 0, runner.row.longitude ?? 0); }

    get #hasView() { return this.#sees; }

    set #hasView(sees) {
        this.#sees = sees;
        this.#container.classList.toggle('empty', !sees);
    }

    get #isAnimated() { return this.#hasView && !this.#movesQuietly.matches; }

    /** The window is another one: all are shown in it anew, or the place that was in the middle stays there. */
    #fitWindow() {
        this.#scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
        this.#map.invalidateSize({ animate: false, pan: this.mode !== 'all' });
        if (this.mode === 'all') this.#movedAt = -Infinity;
        this.#waysAt = -Infinity;
        this.#keepInView();
        this.redraw();
    }

    /** Moves the map when it must, and not more often. */
    #keepInView() {
        const first = this.#runners[0];
        if (!first) return;
        this.#ways.anchor(first.row.latitude ?? 0);
        const now = performance.now();
        if (this.mode === 'free' && this.#hasView || now - this.#movedAt < CALM || this.#zooming) return;
        if (typeof this.mode === 'number') {
            const followed = this.#runners.find(runner => runner.number === this.mode);
            if (followed) this.#center(MapView.place(followed));
            return;
        }
        const box = new Box();
        for (const { row } of this.#runners) box.add(worldX(row.longitude ?? 0), worldY(row.latitude ?? 0));
        const isOutside = !this.#map.getBounds().pad(-0.04).contains(box.bounds);
        const wasAsked = this.#movedAt === -Infinity;
        if (this.#hasView && !isOutside && !wasAsked) return;
        this.#movedAt = now;
        // Where they came from belongs into the picture, too.
        for (const { way } of this.#runners) box.addWay(way);
        const { bounds } = box;
        this.#map.fitBounds(bounds, {
            animate: this.#isAnimated, maxZoom: CLOSEST, paddingTopLeft: [EDGE * 2, EDGE * 2],
            paddingBottomRight: [EDGE * 2 + 24, EDGE * 2 + 12],
        });
        this.#hasView = true;
    }

    /**
     * Keeps a place in the middle half of the map.
     *
     * @param {LatLng} place
     */
    #center(place) {
        if (this.#hasView && this.#movedAt !== -Infinity && this.#map.getBounds().pad(-0.25).contains(place)) return;
        const zoom = Math.max(this.#map.getZoom(), this.#movedAt === -Infinity ? CLOSEST - 1.5 : 0);
        this.#movedAt = performance.now();
        this.#map.setView(place, zoom, { animate: this.#isAnimated, duration: 0.5 });
        this.#hasView = true;
    }

    /**
     * @param {LatLng} [center]
     * @param {number} [zoom]
     * @returns {number[]} Pixels of the world to the left of the map, above it, and in all.
     */
    #frame(center, zoom) {
        const { min } = this.#map.getPixelBounds(center, zoom);
        return [min.x, min.y, 256 * 2 ** (zoom ?? this.#map.getZoom())];
    }

    /** @param {{ center: LatLng, zoom: number, noUpdate?: boolean }} event */
    #beginZoom({ center, zoom }) {
        const from = this.#zooming ? this.#zooming.to : this.#frame();
        this.#zooming = { from, to: this.#frame(center, zoom), begun: performance.now() };
        this.redraw();
    }

    // MARK: Drawing

    #readColors() {
        const style = getComputedStyle(this.#container);
        for (const name of ['ground', 'ink', 'muted', 'accent']) {
            this.#colors[name] = style.getPropertyValue(`--${name}`).trim();
        }
        this.#colors.font = `600 12px ${style.fontFamily}`;
        this.#colors.smallFont = `600 9px ${style.fontFamily}`;
        this.#waysAt = -Infinity;
        this.redraw();
    }

    get #isCrowded() { return this.#runners.length > CROWD; }

    #drawWays() {
        const now = this.#now();
        const isFollowing = typeof this.mode === 'number';
        this.#ways.show(this.#runners.map(runner => {
            const isBold = runner.number === this.mode || runner.number === this.mine;
            return {
                way: runner.way, color: runner.color, isBold,
                isFaint: isFollowing && !isBold || runner.row.state === 'finished' || runner.silence(now) > 0,
                tail: this.#isCrowded && !isBold ? TAIL : null,
            };
        }));
    }

    /**
     * Where everybody is on the screen, while a zoom is under way between where they were and will be.
     *
     * @returns {void}
     */
    #project() {
        const zooming = this.#zooming;
        const [left, top, scale] = zooming ? zooming.from : this.#frame();
        let progress = 0;
        if (zooming) {
            progress = ease((performance.now() - zooming.begun) / ZOOM);
            if (progress >= 1) {
                this.#zooming = null;
                return this.#project();
            }
            this.redraw();
        }
        this.#dots = this.#runners.map(runner => {
            const [x, y] = [worldX(runner.row.longitude ?? 0), worldY(runner.row.latitude ?? 0)];
            const dot = { runner, x: x * scale - left, y: y * scale - top };
            if (zooming) {
                const [toLeft, toTop, toScale] = zooming.to;
                dot.x += (x * toScale - toLeft - dot.x) * progress;
                dot.y += (y * toScale - toTop - dot.y) * progress;
            }
            return dot;
        });
    }

    #drawDots() {
        const size = this.#map.getSize();
        const ratio = window.devicePixelRatio || 1;
        const [width, height] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
        const canvas = this.#canvas;
        if (canvas.width !== width || canvas.height !== height) {
            [canvas.width, canvas.height] = [width, height];
            canvas.style.width = `${size.x}px`;
            canvas.style.height = `${size.y}px`;
        }
        const context = canvas.getContext('2d');
        if (!context) return;
        context.setTransform(ratio * this.#scale, 0, 0, ratio * this.#scale, 0, 0);
        const room = size.multiplyBy(1 / this.#scale);
        context.clearRect(0, 0, room.x, room.y);
        context.textBaseline = 'middle';
        this.#project();
        const now = this.#now();
        const dots = this.#dots.map(({ runner, x, y }) => ({ runner, x: x / this.#scale, y: y / this.#scale }));
        const seen = dots.filter(({ x, y }) => x >= 0 && y >= 0 && x <= room.x && y <= room.y);
        const beyond = dots.filter(dot => !seen.includes(dot)).slice(-ARROWS);
        for (const dot of seen) this.#drawDot(context, dot, now);
        this.#drawLabels(context, seen, room, now);
        for (const dot of beyond) this.#drawArrow(context, dot, room);
    }

    /** @param {CanvasRenderingContext2D} context @param {Dot} dot @param {number} now */
    #drawDot(context, { runner, x, y }, now) {
        const { state } = runner.row;
        const isSilent = runner.silence(now) > 0;
        const isFollowed = runner.number === this.mode;
        context.globalAlpha = isSilent || state === 'ready' ? 0.5 : 1;
        const radius = isFollowed ? RADIUS + 3 : this.#isCrowded ? CROWD_RADIUS : RADIUS;
        const shape = (/** @type {number} */ extra) => {
            context.beginPath();
            if (state === 'finished') {
                context.rect(x - radius - extra + 1, y - radius - extra + 1, 2 * (radius + extra - 1), 2 * (radius + extra - 1));
            } else {
                context.arc(x, y, radius + extra, 0, 2 * Math.PI);
            }
        };
        shape(2);
        context.fillStyle = this.#colors.ground;
        context.fill();
        if (isFollowed) {
            shape(3.5);
            context.strokeStyle = this.#colors.accent;
            context.lineWidth = 3;
            context.stroke();
        }
        const isHollow = state === 'offline' || isSilent;
        shape(isHollow ? -1.5 : 0);
        context.fillStyle = context.strokeStyle = runner.color;
        context.lineWidth = 3;
        if (isHollow) context.stroke();
        else context.fill();
        context.fillStyle = isHollow ? this.#colors.ink : runner.inkOnColor;
        context.font = radius < RADIUS ? this.#colors.smallFont : this.#colors.font;
        context.textAlign = 'center';
        context.fillText(String(runner.number), x, y + 0.5);
        if (state === 'paused') {
            context.fillStyle = this.#colors.ground;
            context.fillRect(x + radius - 5, y - radius - 4, 12, 12);
            context.fillStyle = this.#colors.ink;
            context.fillRect(x + radius - 2, y - radius - 2, 2.5, 8);
            context.fillRect(x + radius + 2, y - radius - 2, 2.5, 8);
        }
        context.globalAlpha = 1;
    }

    /**
     * Names beside the dots, as many as do not lie on each other: who is followed first, then by place.
     *
     * @param {CanvasRenderingContext2D} context
     * @param {Dot[]} seen
     * @param {Point} size
     * @param {number} now
     */
    #drawLabels(context, seen, size, now) {
        /** @type {number[][]} */
        const taken = seen.map(({ x, y }) => [x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS]);
        taken.push([size.x - BUTTONS.x, 0, size.x, BUTTONS.y]);
        const named = this.#isCrowded ? CROWD_LABELS : Infinity;
        context.font = this.#colors.font;
        context.lineJoin = 'round';
        for (let index = seen.length - 1, count = 0; index >= 0 && count < named; index -= 1) {
            const { runner, x, y } = seen[index];
            const silence = runner.silence(now);
            const text = shortened(runner.name) + (silence > 0 && runner.knowsAge ? ` · ${duration(silence / 1000)}` : '');
            const width = this.#widthOf(context, text);
            const fitsRight = x + RADIUS + 6 + width < size.x;
            const sign = runner.row.state === 'paused' && fitsRight ? PAUSE_SIGN : 0;
            const left = fitsRight ? x + RADIUS + 5 + sign : x - RADIUS - 5 - width;
            const box = [left - 1, y - 8, left + width + 1, y + 8];
            if (left < 0 || taken.some(other => overlap(other, box))) continue;
            taken.push(box);
            count += 1;
            context.textAlign = 'left';
            context.strokeStyle = this.#colors.ground;
            context.lineWidth = 4;
            context.strokeText(text, left, y + 0.5);
            context.fillStyle = silence > 0 ? this.#colors.muted : this.#colors.ink;
            context.fillText(text, left, y + 0.5);
        }
    }

    /** @param {CanvasRenderingContext2D} context @param {string} text */
    #widthOf(context, text) {
        let width = this.#widths.get(text);
        if (width === undefined) {
            if (this.#widths.size > 1000) this.#widths.clear();
            width = context.measureText(text).width;
            this.#widths.set(text, width);
        }
        return width;
    }

    /** @param {CanvasRenderingContext2D} context @param {Dot} dot @param {Point} size */
    #drawArrow(context, { runner, x, y }, size) {
        const [middleX, middleY] = [size.x / 2, size.y / 2];
        const [dx, dy] = [x - middleX, y - middleY];
        const reach = Math.min((middleX - EDGE) / Math.abs(dx || 1e-9), (middleY - EDGE) / Math.abs(dy || 1e-9));
        context.save();
        context.translate(middleX + dx * reach, middleY + dy * reach);
        context.rotate(Math.atan2(dy, dx));
        context.beginPath();
        context.moveTo(18, 0);
        context.lineTo(7, -9);
        context.arc(0, 0, 11.4, -0.9, 0.9, true);
        context.lineTo(7, 9);
        context.closePath();
        context.lineWidth = 4;
        context.strokeStyle = this.#colors.ground;
        context.stroke();
        context.fillStyle = runner.color;
        context.fill();
        context.rotate(-Math.atan2(dy, dx));
        context.fillStyle = runner.inkOnColor;
        context.font = this.#colors.font;
        context.textAlign = 'center';
        context.fillText(String(runner.number), 0, 0.5);
        context.restore();
    }

    /** @param {Point} point @returns {number | null} */
    #dotAt(point) {
        let nearest = null;
        let distance = REACH;
        for (const { runner, x, y } of this.#dots) {
            const away = Math.hypot(x - point.x, y - point.y);
            if (away <= distance) [nearest, distance] = [runner.number, away];
        }
        return nearest;
    }
}

/** What holds some points, in units of the world. */
class Box {
    #left = Infinity;
    #top = Infinity;
    #right = -Infinity;
    #bottom = -Infinity;

    /** @param {number} x @param {number} y */
    add(x, y) {
        if (Number.isNaN(x)) return;
        this.#left = Math.min(this.#left, x);
        this.#right = Math.max(this.#right, x);
        this.#top = Math.min(this.#top, y);
        this.#bottom = Math.max(this.#bottom, y);
    }

    /** @param {import('./way.js').Way} way */
    addWay({ points, length }) {
        for (let index = 0; index < length; index += 1) this.add(points[2 * index], points[2 * index + 1]);
    }

    get bounds() {
        return new LatLngBounds(
            new LatLng(latitude(this.#bottom), this.#left * 360 - 180),
            new LatLng(latitude(this.#top), this.#right * 360 - 180));
    }
}

/** @param {number[]} a @param {number[]} b Left, top, right, bottom. */
function overlap(a, b) { return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]; }

/** @param {string} name @returns {string} What of it fits beside a dot. */
function shortened(name) {
    const characters = [...name];
    return characters.length > 14 ? `${characters.slice(0, 13).join('')}…` : name;
}

/**
 * The timing of Leaflet's zoom, `cubic-bezier(0, 0, 0.25, 1)`.
 *
 * @param {number} time 0…1
 * @returns {number} 0…1
 */
function ease(time) {
    if (time >= 1) return 1;
    let [low, high] = [0, 1];
    for (let step = 0; step < 20; step += 1) {
        const t = (low + high) / 2;
        if (0.75 * (1 - t) * t * t + t * t * t < time) low = t;
        else high = t;
    }
    return 3 * (1 - low) * low * low + low ** 3;
}
