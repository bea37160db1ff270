/**
 * One's privacy zones: circles on a map in which nobody else is told where one is or was, each to be added, changed and
 * removed.
 *
 * @module zones
 */
import { session } from './account.js';
import { confirmed } from './confirm.js';
import { distance, sentence } from './format.js';
import { makeGround } from './ground.js';
import { call, onlyOnce, trouble } from './house.js';
import { Circle, LatLng, LatLngBounds } from './leaflet.js';
import { element, makeButton, settings, tell, word } from './page.js';
import { Way } from './way.js';

/** @typedef {{ latitude: number, longitude: number }} Place In degrees of the page's map. */
/** @typedef {Place & { id: string, radius: number, center: Place }} Zone */
/** @typedef {{ id: string | null, place: Place, radius: number }} Draft One that is being made or changed. */

/** A zone may be made while there are fewer. */
const MOST = 10;
/** Metres: of a new zone, and of the dot on what it hides. */
const [RADIUS, DOT] = [400, 6];
/** So many of the newest runs lie on the map: where there are no tiles one finds one's own door by nothing else. */
const WAYS = 3;
/** The nearest that the map goes by itself, and where it begins when nothing is known. */
const [CLOSEST, FAR] = [15, 3];
const QUERY = settings.crs === 'wgs84' ? '' : `?crs=${settings.crs}`;

export class Zones {
    #container = element('zones-map', HTMLElement);
    #list = element('zones', HTMLElement);
    #form = element('zone-form', HTMLFormElement);
    #heading = element('zone-form-heading', HTMLElement);
    #radius = element('zone-radius', HTMLInputElement);
    #meters = element('zone-meters', HTMLElement);
    #cancel = element('zone-cancel', HTMLButtonElement);
    #add = element('zone-add', HTMLButtonElement);
    #here = element('zone-here', HTMLButtonElement);
    #told = element('zones-told', HTMLElement);
    /** @type {ReturnType<typeof makeGround> | null} Made when it is to be seen. */
    #ground = null;
    /** @type {Circle[]} */
    #circles = [];
    /** @type {Zone[]} */
    #zones = [];
    /** @type {Draft | null} */
    #draft = null;
    #isBusy = false;

    constructor() {
        this.#add.addEventListener('click', () => {
            this.#begin(this.#middle, CLOSEST);
            this.#radius.focus();
        });
        this.#here.addEventListener('click', () => this.#beginHere());
        this.#cancel.addEventListener('click', () => this.#close());
        this.#radius.addEventListener('input', () => {
            if (this.#draft) this.#draft.radius = Number(this.#radius.value);
            this.#show();
        });
        this.#form.addEventListener('submit', event => {
            event.preventDefault();
            void this.#save();
        });
        // A browser knows WGS-84 alone, and only on a page that came by TLS.
        this.#here.hidden = settings.crs !== 'wgs84' || !window.isSecureContext || !navigator.geolocation;
    }

    /** Shows them as they are now, with the newest ways. */
    async load() {
        const answer = await call('GET', `/v1/me/zones${QUERY}`);
        if (!answer.ok) return this.#refuse(answer);
        this.#zones = answer.told.zones;
        this.#edit(null);
        this.#lookAt(this.#zones.flatMap(zone => corners(zone.center, zone.radius)));
        await this.#loadWays();
    }

    async #loadWays() {
        const { ok, told } = await call('GET', `/v1/runs?limit=${WAYS}`);
        if (!ok) return;
        /** @type {Way[]} */
        const ways = [];
        /** @type {Place[]} */
        const ends = [];
        for (const { id } of told.runs) {
            const answer = await call('GET', `/v1/runs/${encodeURIComponent(id)}${QUERY}`);
            const places = answer.ok ? placesOf(answer.told) : [];
            if (places.length < 2) continue;
            const way = new Way();
            for (const place of places) way.add(place.latitude, place.longitude);
            ways.push(way);
            ends.push(places[0], places[places.length - 1]);
        }
        const ground = this.#whole();
        const color = getComputedStyle(this.#container).getPropertyValue('--muted').trim();
        ground.ways.show(ways.map(way => ({ way, color, isBold: false, isFaint: false, tail: null, width: 2.5 })));
        if (this.#zones.length === 0) this.#lookAt(ends);
    }

    // MARK: The map

    /** The map, made when it is first to be seen. */
    #whole() {
        if (this.#ground) return this.#ground;
        const ground = makeGround(this.#container, settings.tiles);
        this.#ground = ground;
        ground.map.setView(new LatLng(30, 10), FAR, { animate: false });
        ground.map.on('click', ({ latlng }) => this.#begin({ latitude: latlng.lat, longitude: wrapped(latlng.lng) }));
        // Leaflet moves the map by arrows while it has the focus; what is in its middle is meant then.
        this.#container.addEventListener('keydown', event => {
            if (event.key !== 'Enter' || event.target !== this.#container) return;
            event.preventDefault();
            this.#begin(this.#middle);
        });
        new ResizeObserver(() => ground.map.invalidateSize({ animate: false })).observe(this.#container);
        return ground;
    }

    get #middle() {
        const { lat, lng } = this.#whole().map.getCenter();
        return { latitude: lat, longitude: wrapped(lng) };
    }

    /** @param {Place[]} places What is to be seen; with none the map stays where it is. */
    #lookAt(places) {
        const { map, ways } = this.#whole();
        const [first] = places;
        if (!first) return;
        ways.anchor(first.latitude);
        const bounds = new LatLngBounds(at(first), at(first));
        for (const place of places) bounds.extend(at(place));
        map.fitBounds(bounds, { animate: false, maxZoom: CLOSEST, paddingTopLeft: [24, 24], paddingBottomRight: [24, 24] });
    }

    #show() {
        const { map } = this.#whole();
        for (const circle of this.#circles) circle.remove();
        const draft = this.#draft;
        const others = this.#zones.filter(zone => zone.id !== draft?.id);
        this.#circles = others.flatMap(zone => this.#drawn(zone, zone.center, zone.radius, 'zone'));
        if (draft) this.#circles.push(...this.#drawn(draft.place, draft.place, draft.radius, 'zone draft'));
        for (const circle of this.#circles) circle.addTo(map);
        this.#meters.textContent = distance(Number(this.#radius.value));
    }

    /**
     * @param {Place} place What is hidden.
     * @param {Place} center
     * @param {number} radius
     * @param {string} className
     */
    #drawn(place, center, radius, className) {
        return [
            new Circle(at(center), { radius, className, interactive: false }),
            new Circle(at(place), { radius: DOT, className: `${className} dot`, interactive: false }),
        ];
    }

    // MARK: One that is made or changed

    /** @param {Place} place @param {number} [zoom] How near the map goes at least. */
    #begin(place, zoom = 0) {
        const draft = this.#draft;
        if (!draft && this.#zones.length >= MOST) return this.#tell(word('zones.tooMany'), true);
        const { map, ways } = this.#whole();
        ways.anchor(place.latitude);
        if (map.getZoom() < zoom) map.setView(at(place), zoom, { animate: false });
        if (draft) {
            draft.place = place;
            this.#show();
        } else {
            this.#edit({ id: null, place, radius: RADIUS });
        }
    }

    #beginHere() {
        this.#tell(word('zones.searching'));
        navigator.geolocation.getCurrentPosition(({ coords }) => {
            this.#tell('');
            const place = { latitude: coords.latitude, longitude: coords.longitude };
            this.#begin(place);
            this.#whole().map.setView(at(place), CLOSEST, { animate: false });
        }, () => this.#tell(word('zones.nowhere'), true), { enableHighAccuracy: true, timeout: 15000 });
    }

    /** @param {Draft | null} draft */
    #edit(draft) {
        this.#draft = draft;
        this.#form.hidden = draft === null;
        this.#add.hidden = draft !== null || this.#zones.length >= MOST;
        if (draft) {
            this.#radius.value = String(draft.radius);
            this.#heading.textContent = word(draft.id ? 'zones.changeHeading' : 'zones.newHeading');
            this.#tell('');
        }
        this.#show();
        this.#list.replaceChildren(...this.#zones.map((zone, index) => this.#row(zone, index + 1)));
    }

    /** Shows the list as it is now, and nothing being made; who goes on by keyboard goes on from there. */
    #close() {
        this.#edit(null);
        const next = this.#add.hidden ? this.#list.querySelector('button') : this.#add;
        next?.focus();
    }

    async #save() {
        const draft = this.#draft;
        if (!draft || this.#isBusy) return;
        this.#isBusy = true;
        const isNew = draft.id === null;
        const { latitude, longitude } = draft.place;
        const before = this.#zones.find(({ id }) => id === draft.id);
        const isMoved = before?.latitude !== latitude || before?.longitude !== longitude;
        const body = { radius: draft.radius, ...isMoved ? { latitude, longitude } : {}, crs: settings.crs };
        const answer = isNew
            ? await call('POST', '/v1/me/zones', body, onlyOnce())
            : await call('PATCH', `/v1/me/zones/${draft.id}`, body);
        this.#isBusy = false;
        if (!answer.ok) return this.#refuse(answer);
        /** @type {Zone} */
        const zone = answer.told;
        this.#zones = isNew ? [...this.#zones, zone] : this.#zones.map(other => other.id === zone.id ? zone : other);
        this.#close();
        this.#lookAt(corners(zone.center, zone.radius));
        this.#tell(word('zones.saved'));
    }

    // MARK: The list

    /** @param {Zone} zone @param {number} number */
    #row(zone, number) {
        const row = document.createElement('li');
        const name = document.createElement('span');
        const title = sentence(word('zones.one'), { number: String(number), radius: distance(zone.radius) }).join('');
        name.textContent = title;
        const change = () => {
            const { id, latitude, longitude, radius } = zone;
            this.#edit({ id, place: { latitude, longitude }, radius });
            this.#lookAt(corners(zone.center, zone.radius));
            this.#radius.focus();
        };
        row.append(
            name,
            makeButton(word('zones.show'), () => this.#lookAt(corners(zone.center, zone.radius)), { of: title }),
            makeButton(word('zones.change'), change, { of: title }),
            makeButton(word('zones.remove'), () => void this.#remove(zone), { of: title }),
        );
        return row;
    }

    /** @param {Zone} zone */
    async #remove({ id }) {
        const isSure = await confirmed({
            heading: word('zones.removeHeading'), text: word('zones.removeText'), yes: word('zones.remove'),
        });
        if (!isSure) return;
        const answer = await call('DELETE', `/v1/me/zones/${id}`);
        // One that is gone already is what was wanted.
        if (!answer.ok && answer.status !== 404) return this.#refuse(answer);
        this.#zones = this.#zones.filter(zone => zone.id !== id);
        this.#close();
        this.#tell(word('zones.removed'));
    }

    /** @param {import('./house.js').Answer} answer */
    #refuse(answer) {
        if (answer.status === 401) session.become(null);
        this.#tell(answer.told.code === 'too_many_zones' ? word('zones.tooMany') : trouble(answer), true);
    }

    /** @param {string} text @param {boolean} [isWrong] */
    #tell(text, isWrong = false) { tell(this.#told, text, isWrong); }
}

/** @param {Place} place */
function at({ latitude, longitude }) { return new LatLng(latitude, longitude); }

/** @param {number} longitude Of a map that goes round and round. @returns {number} -180 to 180. */
function wrapped(longitude) { return longitude - 360 * Math.round(longitude / 360); }

/** @param {Place} center @param {number} radius In metres. @returns {Place[]} Two corners of the square around a circle. */
function corners({ latitude, longitude }, radius) {
    const north = radius / 111_000;
    const east = north / Math.max(0.01, Math.cos(latitude * Math.PI / 180));
    return [
        { latitude: latitude - north, longitude: longitude - east },
        { latitude: latitude + north, longitude: longitude + east },
    ];
}

/** @param {any} run As `/v1/runs/{id}` tells it. @returns {Place[]} Where it led. */
function placesOf({ columns, points, markers }) {
    if (!points || !columns) return (markers ?? []).filter(isPlace);
    const [latitude, longitude, meters] = ['latitude', 'longitude', 'meters'].map(name => columns.indexOf(name));
    return points.filter((/** @type {any[]} */ point) => point[meters] !== null)
        .map((/** @type {any[]} */ point) => ({ latitude: point[latitude], longitude: point[longitude] })).filter(isPlace);
}

/** @param {any} marker Whatever a client sent. */
function isPlace(marker) {
    return Number.isFinite(marker?.latitude) && Number.isFinite(marker?.longitude)
        && Math.abs(marker.latitude) <= 90 && Math.abs(marker.longitude) <= 180;
}
