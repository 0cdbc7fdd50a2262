/** The console in every condition: `gallery.html?condition=offline`, after `npm run gallery`. */

import { mount } from 'svelte';

import { loadTheme, showTheme } from '../platform/theme';
import App from '../views/App.svelte';
import { Desk } from '../views/desk.svelte';
import '../views/base.css';
import '../views/columns.css';
import '../views/tokens.css';
import { GalleryServer, conditions } from './server';

showTheme(loadTheme());
const target = document.getElementById('console');
if (!target) throw new Error('gallery.html has lost its #console.');
const asked = new URLSearchParams(location.search).get('condition');
const desk = new Desk(new GalleryServer(conditions.find((each) => each === asked) ?? 'well'));
mount(App, { target, props: { desk } });
desk.start();
