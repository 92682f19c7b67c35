/** Stories of a consent banner beside the tracker: before it spoke, after yes, after no. */
'use strict';
const assert = require('node:assert');
const {startCollector, until, rows, ownAddress} = require('../collector');
const {startSite} = require('../browser');
const {startWire} = require('../wire');

/** A banner as TCF has it: a stub that keeps the calls, then what takes its place. */
function tcf() {
    const calls = [];
    const listeners = [];
    let last = {eventStatus: 'cmpuishown', gdprApplies: true, purpose: {consents: {}}};
    window.__tcfapi = (...args) => { calls.push(args); };
    window.load = () => {
        window.__tcfapi = (command, version, callback) => {
            if (command === 'addEventListener') {
                listeners.push(callback);
                callback(last, true);
            }
        };
        calls.forEach((args) => window.__tcfapi(...args));
    };
    window.choose = (is_on) => {
        last = {eventStatus: 'useractioncomplete', gdprApplies: true,
            purpose: {consents: is_on ? {1: true, 8: true} : {1: true, 8: false}}};
        listeners.forEach((callback) => callback(last, true));
    };
}

const PAGE = `<title>Shop</title><script>(${tcf})()</script><button>Buy</button>`;

/** A page of a site with the module, and what of ours is on its device or was asked for. */
async function openSite(t, browser) {
    const collector = await startCollector(t, ['--modules', 'banner,page_view,clicks']);
    const wire = await startWire(t, collector);
    const site = await startSite(t, wire, {'/': PAGE, '/plain': '<title>Plain</title>'},
        {address: ownAddress()});
    const page = await browser.newPage();
    const posts = () => wire.requests.filter(({line}) => line.startsWith('POST')).length;
    const kept = () => page.evaluate(() => [...document.cookie.split('; ').filter(Boolean),
        ...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
    const state = (wanted) => page.waitFor((word) =>
        Boolean(window.pipes && pipes.get && pipes.get('consent') === word), wanted);
    return {page, site, collector, posts, kept, state};
}

const spoken = {
    name: 'nothing is kept or sent before the visitor agreed; after a refusal nothing is left',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, collector, posts, kept, state} = await openSite(t, browser);
        await page.goto(site.url);
        await state('pending');
        await page.click('button');
        const begun = await page.evaluate(() => {
            pipes.track('early');
            window.load();
            return Date.now();
        });
        await page.goto(`${site.url}/?reloaded`); // as a page goes it would send what it had
        await state('pending');
        await page.evaluate(() => {
            window.load();
            pipes.track('early');
        });
        assert.deepStrictEqual([await kept(), posts()], [[], 0]);
        const agreed = await page.evaluate(() => {
            window.choose(true);
            return Date.now();
        });
        const events = await until('both are in the lake', () => {
            const all = rows(collector.data);
            return all.length >= 2 && all.sort((a, b) => a.seq - b.seq);
        });
        assert.deepStrictEqual(events.map((row) => row.type), ['page', 'track']);
        for (const row of events) {
            const made = Date.parse(row.created_at);
            assert.ok(made >= begun && made <= agreed, `${row.created_at} is when it happened`);
            assert.deepStrictEqual(row.consent,
                {state: 'granted', source: 'tcf', state_when_made: 'pending'});
        }
        assert.ok((await kept()).some((name) => /^pipes_anonymous_id/.test(name)));
        await page.evaluate(() => window.choose(false));
        await state('denied');
        await page.evaluate(() => pipes.track('refused'));
        assert.deepStrictEqual(await kept(), []);
        const count = posts();
        await page.evaluate(() => window.choose(true));
        await state('granted');
        await page.evaluate(() => pipes.track('anew'));
        await until('the last one is in the lake', () =>
            rows(collector.data).some((row) => row.name === 'anew'));
        assert.ok(posts() > count);
        assert.ok(!rows(collector.data).some((row) => row.name === 'refused'));
        assert.deepStrictEqual(page.errors, []);
        await page.close();
    },
};

/** Banners that come late, and say so at the window or at the document. */
const LATE = {
    cookiebot: () => {
        window.Cookiebot = {consented: true, consent: {statistics: true}};
        window.dispatchEvent(new CustomEvent('CookiebotOnAccept'));
    },
    onetrust: () => {
        window.OneTrust = {IsAlertBoxClosed: () => true};
        window.OnetrustActiveGroups = ',C0001,C0002,';
        window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated'));
    },
    cookieyes: () => {
        window.getCkyConsent = () => ({isUserActionCompleted: true, activeLaw: 'gdpr',
            categories: {analytics: true}});
        document.dispatchEvent(new CustomEvent('cookieyes_consent_update'));
    },
    complianz: () => {
        window.cmplz_has_consent = () => true;
        document.dispatchEvent(new CustomEvent('cmplz_status_change'));
    },
    google: () => {
        window.dataLayer = [];
        function gtag() { window.dataLayer.push(arguments); }
        gtag('consent', 'update', {analytics_storage: 'granted'});
    },
};

const heard = {
    name: 'what a banner says at its event is heard, at the window and at the document',
    ownStage: true,
    async run({t, browser}) {
        const {page, site, kept, state} = await openSite(t, browser);
        for (const speak of Object.values(LATE)) {
            await page.goto(`${site.url}/plain`);
            await state('pending');
            assert.deepStrictEqual(await kept(), []);
            await page.evaluate(speak);
            await state('granted');
            await page.evaluate(() => { pipes.consent('denied'); });
        }
        assert.deepStrictEqual(page.errors, []);
        await page.close();
    },
};

module.exports = [spoken, heard];
