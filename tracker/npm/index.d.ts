/** Values of an event. Functions, DOM nodes and what refers to itself are left out. */
export type Properties = Record<string, unknown>;

/** `pending`: nothing touches the device and nothing is sent; `denied`: nothing is made. */
export type Consent = 'granted' | 'denied' | 'pending';

/** The event as a hook sees it: before it gets its number. It may be changed. */
export interface PipesEvent {
    type: string;
    name?: string;
    properties?: Properties;
    user_properties?: Properties;
    url?: string;
    title?: string;
    referrer?: string;
    created_at: number;
    [column: string]: unknown;
}

/** What hooks are called with. */
export interface Hooks {
    /** Every event; `false` drops it, and the loss is counted. */
    event: (event: PipesEvent) => boolean | void;
    /** A new page view begins: what is emitted here still belongs to the old one. */
    view: () => void;
    /** The page is hidden or goes: synchronous work only. */
    leave: () => void;
    /** So many events were accepted. */
    sent: (count: number) => void;
    /** The collector's HTTP status. */
    refused: (status: number) => void;
    /** Also with how it was said. */
    consent: (state: Consent, told?: Properties) => void;
    reset: () => void;
    /** The visitor refuses, in whatever way, and nothing is left on the device. */
    disable: () => void;
    enable: () => void;
}

/** A part of the tracker; the contract is in scope.js of the source. */
export interface Module {
    name: string;
    /**
     * Started once and before everything else, whatever the visitor said, and never stopped; `quiet`: and asks
     * for no consent.
     */
    always?: boolean | 'quiet';
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    start(scope: any): void | {stop(): void};
}

/** What `get` knows. */
export interface State {
    load_id: string;
    page_view_id: string | undefined;
    consent: Consent | undefined;
    enabled: boolean;
    site: string | undefined;
    anonymous_id: string | undefined;
    session_id: string | undefined;
    user_id: string | undefined;
}

/** An element, several, or a selector. */
export type Elements = string | Element | ArrayLike<Element>;

/** Every public call. None of them throws; one whose module is not there does nothing (`debug` says so). */
export interface Pipes {
    /** A page was seen. */
    page(name?: string, properties?: Properties): void;
    page(properties: Properties): void;
    /** A screen of an application was seen. */
    screen(name?: string, properties?: Properties): void;
    screen(properties: Properties): void;
    /** Something happened. */
    track(name: string, properties?: Properties): void;
    /** Who the visitor is, and what is known of them. */
    identify(id: string | number, traits?: Properties): void;
    identify(traits: Properties): void;
    /** The same as `identify`. */
    identity(id: string | number, traits?: Properties): void;
    identity(traits: Properties): void;
    /** Which group the visitor belongs to. Needs the module `group_alias`. */
    group(id: string | number, traits?: Properties): void;
    /** Two ids are one person; `previous` is the id so far when left out. Needs `group_alias`. */
    alias(id: string | number, previous?: string | number): void;
    /** Properties of every event from here on. Needs the module `set_once_time`. */
    set(properties: Properties): void;
    /** The same, but only those that are not set yet. Needs `set_once_time`. */
    once(properties: Properties): void;
    /** The next `track` of that name says how long it took. Needs `set_once_time`. */
    time(name: string): void;
    /** Tracks clicks on links. Needs the module `links`. */
    trackLink(links: Elements, name: string,
        properties?: Properties | ((link: HTMLAnchorElement) => Properties)): void;
    /** Tracks submits of forms. Needs the module `forms`. */
    trackForm(forms: Elements, name: string,
        properties?: Properties | ((form: HTMLFormElement) => Properties)): void;
    /** Changes what is known of the user. Needs the module `people`. */
    people(operator: 'set' | 'once' | 'add' | 'append' | 'union' | 'remove' | 'unset',
        properties: Properties): void;
    /** Items of a list that are not marked in the page. Needs the module `impressions`. */
    impressions(list: Elements, options?: Properties): void;
    /** A shop's event by its name at GA4 or Segment. Needs the module `commerce`. */
    commerce(name: string, properties?: Properties): void;
    /** An error that the page caught. Needs the module `errors`. */
    error(error: unknown, properties?: Properties): void;
    /**
     * Opts out: nothing is sent or kept from here on, nor on the next visit. The collector, which is told nothing
     * else, keeps that in its own cookie, too.
     */
    disable(): void;
    /** Takes `disable` back. */
    enable(): void;
    /** Forgets the visitor, at a log-out. */
    reset(): void;
    /** What the visitor said, and how (source, purposes, version): every event tells it. */
    consent(state: Consent, told?: Properties): void;
    /** Called at once when the tracker is there, else as soon as it is. */
    ready(fn: (pipes: Pipes) => void): void;
    /** Adds a hook; the result removes it. */
    on<Name extends keyof Hooks>(hook: Name, fn: Hooks[Name]): () => void;
    /** Adds a module, with those that it needs. */
    use(module: Module): void;
    /** Sends now what is queued. */
    flush(): void;
    /**
     * Says on the console what becomes of every event, dropped ones included; `false` ends it. `'test'` also marks
     * what is told from here on as test traffic.
     */
    debug(wanted?: boolean | 'test'): void;
    /** `undefined` for an id before consent, and after an opt-out. */
    get<Key extends keyof State>(key: Key): State[Key] | undefined;
    /** Another one beside this, with its configuration and modules and what is said here; more by its `use`. */
    create(options: Partial<Omit<Options, 'modules' | 'moduleOptions'>>): Pipes;
    /** Absent where there is no window. */
    readonly version?: string;
}

export interface Options {
    /** Where events are posted: the collector's `/e`. */
    endpoint: string;
    /** Name of the site. */
    site?: string;
    environment?: string;
    /** Version of the site. */
    release?: string;
    /** Marks every event as test traffic. */
    is_test?: boolean;
    /** `'ignore'` where that is lawful: the browser's signal is not obeyed. The collector has the same options. */
    dnt?: 'ignore';
    gpc?: 'ignore';
    /** Left out: events are collected at once, but with the module `banner` when it has spoken. */
    consent?: Consent;
    /** Where ids are kept; `memory`: nowhere beyond the page, `none`: there are none. */
    storage?: 'cookie' | 'local' | 'memory' | 'none';
    /** Of the cookie; left out: the widest that takes one. */
    domain?: string;
    /**
     * The collector, where it is of the same site, is asked to set the cookie again. Goes with the module
     * `server_cookie`, and with the collector's option `server-cookie`.
     */
    credentials?: 'include';
    /** Those that are imported from here and any of your own; what they need comes along. */
    modules?: Module[];
    /** Options of single modules, by the module's name. */
    moduleOptions?: Record<string, Properties>;
}

/**
 * Starts the tracker of this page. There is one for each site: a second call for it gives the first
 * one. The first of all is `window.pipes`.
 * Without a page, on a server or in an app, all calls do nothing.
 */
export function create(options: Options): Pipes;

