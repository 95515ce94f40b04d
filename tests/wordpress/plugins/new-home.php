<?php // The site has another address from now on, as after a move: wp-config.php's WP_HOME is overruled.
add_filter( 'option_home', function ( $url ) { return str_replace( '127.0.0.1', 'localhost', $url ); }, 20 );
