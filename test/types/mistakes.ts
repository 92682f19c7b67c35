/* Each line below a mark must be refused. */
import {create} from 'pipes-tracker';

// @ts-expect-error: where to?
create({site: 'shop'});
// @ts-expect-error: no such state to begin with
create({endpoint: '/e', consent: 'agreed'});
// @ts-expect-error: no such option
create({endpoint: '/e', colour: 'red'});
// @ts-expect-error: modules are values, not names
create({endpoint: '/e', modules: ['links']});
const pipes = create({endpoint: '/e'});
// @ts-expect-error: without a name
pipes.track();
// @ts-expect-error: a name is a text
pipes.track({product_id: 'fern'});
// @ts-expect-error: nobody
pipes.identify();
// @ts-expect-error: no such answer
pipes.consent('yes');
// @ts-expect-error: no such hook
pipes.on('nothing', () => {});
// @ts-expect-error: a count is a number
pipes.on('sent', (count: string) => count);
// @ts-expect-error: no such key
pipes.get('password');
// @ts-expect-error: no such call
pipes.trakc('a');
// @ts-expect-error: it has the modules of the first
pipes.create({site: 'blog', modules: []});
// @ts-expect-error: no such operator
pipes.people('multiply', {a: 1});
