# SPDX-License-Identifier: Apache-2.0
    .section .rodata
    .global weir_openapi_yaml_begin
    .global weir_openapi_yaml_end
weir_openapi_yaml_begin:
    .incbin "openapi.yaml"
weir_openapi_yaml_end:
    .section .note.GNU-stack,"",%progbits
