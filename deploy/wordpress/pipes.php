<?php
/**
 * Plugin Name: Pipes
 * Description: The tag of your Pipes collector in the head of every page.
 * Version: 0.1.0
 * Requires at least: 5.7
 * Requires PHP: 7.0
 * License: Apache-2.0
 *
 * One file: put it into wp-content/plugins/ and switch it on. Settings, Pipes, takes the address of the
 * script. Who may edit posts is not counted, unless that is switched on.
 */

if (!defined('ABSPATH')) {
    exit;
}

const PIPES_OPTION = 'pipes_script_url';
const PIPES_EDITORS = 'pipes_count_editors';

/** An address of a script on http or https, or a path of this site; anything else is refused. */
function pipes_clean_url($value)
{
    $value = trim((string) $value);
    if ($value === '' || preg_match('~^/[^/\\\\\s"\'<>]~', $value)) {
        return $value;
    }
    return esc_url_raw($value, array('https', 'http'));
}

/** The stub queues calls until the script is there: the text of pipes-stub.js. */
function pipes_stub_url($script)
{
    return preg_replace('~\.js$~', '-stub.js', $script);
}

function pipes_print_tag()
{
    $script = get_option(PIPES_OPTION, '');
    if ($script === '' || is_preview() || is_customize_preview()) {
        return;
    }
    if (current_user_can('edit_posts') && !get_option(PIPES_EDITORS)) {
        return;
    }
    // Not async: what follows in the page may call at once.
    wp_print_script_tag(array('src' => pipes_stub_url($script)));
    wp_print_script_tag(array('src' => $script, 'async' => true));
}
add_action('wp_head', 'pipes_print_tag', 1);

function pipes_register_settings()
{
    register_setting('pipes', PIPES_OPTION, array(
        'type' => 'string',
        'default' => '',
        'sanitize_callback' => 'pipes_clean_url',
    ));
    register_setting('pipes', PIPES_EDITORS, array('type' => 'boolean', 'default' => false));
}
add_action('admin_init', 'pipes_register_settings');

function pipes_add_page()
{
    add_options_page('Pipes', 'Pipes', 'manage_options', 'pipes', 'pipes_print_page');
}
add_action('admin_menu', 'pipes_add_page');

function pipes_print_page()
{
    ?>
    <div class="wrap">
        <h1>Pipes</h1>
        <form method="post" action="options.php">
            <?php settings_fields('pipes'); ?>
            <p><label>Address of the script, such as https://events.example.org/pipes.js<br>
                <input type="text" class="regular-text" name="<?php echo esc_attr(PIPES_OPTION); ?>"
                    value="<?php echo esc_attr(get_option(PIPES_OPTION, '')); ?>"></label></p>
            <p><label><input type="checkbox" value="1" name="<?php echo esc_attr(PIPES_EDITORS); ?>"
                <?php checked(get_option(PIPES_EDITORS)); ?>> Count people who may edit posts, too</label></p>
            <?php submit_button(); ?>
        </form>
    </div>
    <?php
}
