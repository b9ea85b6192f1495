BEGIN TRANSACTION;
CREATE TABLE wb_artifacts (
	digest VARCHAR NOT NULL, 
	size BIGINT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "wb_artifacts" VALUES('db9a9ac5d970494704f19e129f0a49a171029e901b72052a5a2d93d90be3c359',2192,X'50415231150415C00215B6014C15281500120000A00100000D0100010D0800020D0800030D0800040D0800050D0800060D0800070D0800080D0800090D08000A0D08000B0D08000C0D08000D0D08000E0D08000F0D0800100D0800110D083C120000000000000013000000000000001500152E15322C15281510150615061C1808130000000000000018080000000000000000160028081300000000000000180800000000000000001111000000175802000000280105072088418A3928A9C59A7B30CA0900001504150A150E4C15021500120000051001000000781500151215162C15281510150615061C3600280178180178111100000009200200000028010128001504193C35001806736368656D611504001504250218066E756D62657200150C25021804776F726425004C1C0000001628191C192C26001C150419350006101918066E756D62657215021628168C0416860326DE0126081C180813000000000000001808000000000000000016002808130000000000000018080000000000000000111100192C15041500150200150015101502003C29061926002800000026001C150C1935000610191804776F7264150216281672167A26B803268E031C3600280178180178111100192C15041500150200150015101502003C162819061926002800000016FE041628260816800400192C180670616E64617318A8047B22696E6465785F636F6C756D6E73223A205B7B226B696E64223A202272616E6765222C20226E616D65223A206E756C6C2C20227374617274223A20302C202273746F70223A2032302C202273746570223A20317D5D2C2022636F6C756D6E5F696E6465786573223A205B7B226E616D65223A206E756C6C2C20226669656C645F6E616D65223A206E756C6C2C202270616E6461735F74797065223A2022756E69636F6465222C20226E756D70795F74797065223A2022737472222C20226D65746164617461223A207B22656E636F64696E67223A20225554462D38227D7D5D2C2022636F6C756D6E73223A205B7B226E616D65223A20226E756D626572222C20226669656C645F6E616D65223A20226E756D626572222C202270616E6461735F74797065223A2022696E743634222C20226E756D70795F74797065223A2022696E743634222C20226D65746164617461223A206E756C6C7D2C207B226E616D65223A2022776F7264222C20226669656C645F6E616D65223A2022776F7264222C202270616E6461735F74797065223A20226F626A656374222C20226E756D70795F74797065223A2022737472222C20226D65746164617461223A206E756C6C7D5D2C202261747472696275746573223A207B7D2C202263726561746F72223A207B226C696272617279223A202270796172726F77222C202276657273696F6E223A202232362E302E31227D2C202270616E6461735F76657273696F6E223A2022332E312E31227D00180C4152524F573A736368656D6118A0082F2F2F2F2F78414441414151414141414141414B414134414267414641416741436741414141414242414151414141414141414B414177414141414541416741436741414147414341414145414141414151414141417741414141494141774142414149414167414141413441674141424141414143674341414237496D6C755A47563458324E7662485674626E4D694F69426265794A726157356B496A6F67496E4A68626D646C49697767496D3568625755694F694275645778734C43416963335268636E51694F6941774C4341696333527663434936494449774C4341696333526C634349364944463958537767496D4E7662485674626C3970626D526C6547567A496A6F6757337369626D46745A534936494735316247777349434A6D615756735A4639755957316C496A6F67626E567362437767496E4268626D5268633139306558426C496A6F67496E567561574E765A4755694C434169626E567463486C6664486C775A53493649434A7A644849694C4341696257563059575268644745694F694237496D56755932396B6157356E496A6F67496C565552693034496E313958537767496D4E7662485674626E4D694F69426265794A755957316C496A6F67496D353162574A6C6369497349434A6D615756735A4639755957316C496A6F67496D353162574A6C6369497349434A775957356B59584E6664486C775A53493649434A70626E51324E43497349434A7564573177655639306558426C496A6F67496D6C756444593049697767496D316C6447466B59585268496A6F67626E56736248307349487369626D46745A53493649434A3362334A6B49697767496D5A705A57786B58323568625755694F694169643239795A43497349434A775957356B59584E6664486C775A53493649434A76596D706C593351694C434169626E567463486C6664486C775A53493649434A7A644849694C4341696257563059575268644745694F694275645778736656307349434A686448527961574A316447567A496A6F676533307349434A6A636D566864473979496A6F6765794A7361574A7959584A35496A6F67496E423559584A79623363694C434169646D567963326C7662694936494349794E6934774C6A456966537767496E4268626D5268633139325A584A7A61573975496A6F67496A4D754D533478496E3041414141414267414141484268626D5268637741414167414141455141414141454141414131502F2F2F7741414152515141414141484141414141514141414141414141414241414141486476636D51414141414142414145414151414141415141425141434141474141634144414141414241414541414141414141415149514141414149414141414151414141414141414141426741414147353162574A6C636741414341414D41416741427741494141414141414141415541414141414141414141001820706172717565742D6370702D6172726F772076657273696F6E2032362E302E31192C1C00001C0000008407000050415231');
CREATE TABLE wb_commands (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "wb_commands" VALUES(1,'run-gj23pdzrmy',1796032896947598,'{"by":"person","surface":"python","kind":"answer","request":"req-bepdvb04dm","token":"2h559KF29JSjHVbkaePuNCfV","verdict":"approve","args":{"row":7},"scope":"once","limits":null,"confirm":"","choice":null,"reason":"","then":"continue"}','done','');
INSERT INTO "wb_commands" VALUES(2,'run-gj23pdzrmy',1796032896990119,'{"by":"person","surface":"python","kind":"answer","request":"req-s4m71kpc3r","token":"hv97P-8ry7pQdfRK5k8MBz3O","verdict":"approve","args":{"row":7},"scope":"once","limits":null,"confirm":"","choice":null,"reason":"","then":"continue"}','done','');
CREATE TABLE wb_events (
	run VARCHAR NOT NULL, 
	seq BIGINT NOT NULL, 
	at_us BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	kind VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (run, seq)
);
INSERT INTO "wb_events" VALUES('run-nznekwx757',1,1796032896300323,0,'run.created','{"goal":"for the corpus","key":"success","on_behalf_of":"ada","limits":{"usd":5.0},"tools":{"think":"7fbdbbb1f8bfb7224877038c5c774002184b5cfb3c5621c905afd2ef145a84d9","look":"06aac5553d045e1e88fae9fda557750d6be1cfab99a9244e5be96d1c9b24d80b","table":"c03bd810fa2bc2345a74ac2b0a4f91cf7d7fa28b434042f869a69358808e58bd","broken":"d27c630050e8456c9ef7a3b6d76fc88385b33f8df3efeedd58b07868970740e4","say":"8919bb57042ccbd7b39ac59939488d1a519bdbbffd2843f352d57b80254f8e4f","put":"487d2e7fc2b1f2c6b0d3c2fc399d67356a8a7fe5c11f1da9b1676e58e3b6eadd","send":"0e809d6e31fd7e8b79c54d559ea2d9dca4f36804f4ef5bde7bd6be65ccbdbf02","post":"8e16de8ea19988311df7633ad11475221ccc0919337d2334c3c9787e1729eb19","drop":"a8d37bb57c2c4e7936bd2381f2264a7aff1503858978b6344cb0c0dd2ff1c097","lose":"23018aeabc546dbbac7b42c6f135baffa7989b8e0e5c562a8eb0263a78f4d352","book":"a7148f1a32107f07468272d16a0965afbdc004a1e6f2a3f80f70e7308fdbc1ee","consult":"d7d67c75341f396577a0db63b7e4d2a8ea904b1a737348f3c1e9e3ef95395151"},"seed":771399846,"sources":{"think":"50f551eb05b6dde6","look":"cac2615e35ff74ed","table":"53c8058834d36e33","broken":"5b95d2a19d4fde64","say":"fd4e815e3e5e982f","put":"b48c2ef8f9338425","send":"f33b33ac2d467fd5","post":"f5f0fa3f4ac334bd","drop":"d85befe5bcefc131","lose":"361456f75be352b0","book":"d19de3ff638caa3d","consult":"43f3ce1767c594e0"},"schemas":{"think":"0ae2976948fd55ae","look":"2e81805f6e119167","table":"d4cf3b3f98e32c88","broken":"efd13142433cdb31","say":"40250f04c8d3d202","put":"88b0baf4fe6463de","send":"0cb3be51a32bbd13","post":"556a61734ce8779a","drop":"5bdce810c9efcf11","lose":"40fa7edb9d94312c","book":"b154b73ccf10475a","consult":"12affe494843d4a5"}}','1d962f3954d18a3469b4070caeb41982002d43f7ceabd5477d586aaac7efb5dd');
INSERT INTO "wb_events" VALUES('run-nznekwx757',2,1796032896300323,0,'plan.revised','{"number":1,"digest":"ed41f1a78d9cb2e44ea01572ad2e913bab959ef7f1e0bca978378b4c8b51ec3f","author":"person","reason":"the plan given at the start","plan":{"goal":"for the corpus","steps":[{"id":"table","tool":"table","args":{"rows":20}},{"id":"used","tool":"think","args":{"name":"used","value":{"$ref":"table"}},"check":{"not_empty":true}},{"id":"put","tool":"put","args":{"name":"put"},"after":["used"]},{"id":"post","tool":"post","args":{"name":"post"},"after":["put"]}]},"edits":[],"remarks":[{"code":"point_of_no_return","step":"post","text":"the point of no return: the first step that cannot be undone"}]}','e21a05d64c7493f5b4024d471f9145ac7391cb3cf6c55524f73a1bb6826f5894');
INSERT INTO "wb_events" VALUES('run-nznekwx757',3,1796032896334292,1,'host.attached','{"host":"corpus/boot/space 14257 1748926 host-estzprffgx","epoch":1}','b24e6cb53e410e20ad3589d07af68da271bf3262d6774c57c7ef03b9f243ea77');
INSERT INTO "wb_events" VALUES('run-nznekwx757',4,1796032896358124,1,'run.started','{}','e9a43bcdcd9ec833d9e3cfef71773e84148740287fd7c883892216d873f27ae8');
INSERT INTO "wb_events" VALUES('run-nznekwx757',5,1796032896359164,1,'call.intended','{"step":"table","attempt":1,"tool":"table","effect":"pure","args":{"value":{"rows":20}},"key":"d1440595712c85073591f206d29e3f1a","allowed_by":"the rule allow ''*'' covers table"}','5d7c33ec2100b9db63abadb0df5a0092f63e08b489eecc448ecef6a60c9e2aea');
INSERT INTO "wb_events" VALUES('run-nznekwx757',6,1796032896537674,1,'call.succeeded','{"step":"table","attempt":1,"output":{"artifact":{"digest":"db9a9ac5d970494704f19e129f0a49a171029e901b72052a5a2d93d90be3c359","media":"application/vnd.apache.parquet; of=pandas","size":2192},"summary":"20 rows x 2 columns"},"duration_s":0.094215}','596fc3056034619713c8fff113b912a08d24fb1816b91b85705efde6aaad385d');
INSERT INTO "wb_events" VALUES('run-nznekwx757',7,1796032896606702,1,'call.intended','{"step":"used","attempt":1,"tool":"think","effect":"pure","args":{"value":{"name":"used","value":{"$artifact":"db9a9ac5d970494704f19e129f0a49a171029e901b72052a5a2d93d90be3c359","summary":"20 rows x 2 columns"}}},"key":"9ef5daa39797002afdd3a1dc0e9a3a60","allowed_by":"the rule allow ''*'' covers think"}','9ae0092ff94d3b1e66ea2b233887e2e5a194ad6c4d2d1b0f220dfb78cedf8e17');
INSERT INTO "wb_events" VALUES('run-nznekwx757',8,1796032896618792,1,'call.succeeded','{"step":"used","attempt":1,"output":{"artifact":{"digest":"db9a9ac5d970494704f19e129f0a49a171029e901b72052a5a2d93d90be3c359","media":"application/vnd.apache.parquet; of=pandas","size":2192},"summary":"20 rows x 2 columns"},"duration_s":0.002934,"verified":true,"level":"performed"}','81c2828b7f36cd75db670adeb9a601fd26fb636144d26bfce382c3a9fe3d0b65');
INSERT INTO "wb_events" VALUES('run-nznekwx757',9,1796032896626904,1,'call.intended','{"step":"put","attempt":1,"tool":"put","effect":"reversible","args":{"value":{"name":"put"}},"key":"6b59cc4d1754e34c29dbc8ef2d8099bc","allowed_by":"the rule allow ''*'' covers put","spend":{"calls":1.0},"undo":"unput","before":{"value":""}}','e583481be097945551f3eb587cfb514560ae66bcdd3ac905dd3ff0bc65913cc7');
INSERT INTO "wb_events" VALUES('run-nznekwx757',10,1796032896634479,1,'call.succeeded','{"step":"put","attempt":1,"output":{"value":"put"},"duration_s":0.000644}','9fe9c3fccb9cc208090b08ff8256bfb08087b1c6755cbc54ae0cb2fabf7fc93f');
INSERT INTO "wb_events" VALUES('run-nznekwx757',11,1796032896635135,1,'call.intended','{"step":"post","attempt":1,"tool":"post","effect":"irreversible","args":{"value":{"name":"post"}},"key":"b7966a9082e06f22e45b417cbf95643d","allowed_by":"the rule allow ''*'' covers post","spend":{"calls":1.0}}','7ad57f16643a49230a10a96620f5d0a9d627bb4e55e41f27cb72810708b626ad');
INSERT INTO "wb_events" VALUES('run-nznekwx757',12,1796032896655787,1,'call.succeeded','{"step":"post","attempt":1,"output":{"value":"post"},"duration_s":0.001374}','ce62b3249b85c3b87446ed9bf00f8c0f8e7ca2b01bdc824f54946c1f8905c0e3');
INSERT INTO "wb_events" VALUES('run-nznekwx757',13,1796032896656244,1,'run.succeeded','{"result":{"value":"post"}}','56b9c4a7f1274e7e4e99ebcdaacaa2748abf7597f4b0abef7cb11ffc6feb7461');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',1,1796032896819954,0,'run.created','{"goal":"for the corpus","key":"talked","on_behalf_of":"ada","limits":{"usd":5.0},"tools":{"think":"7fbdbbb1f8bfb7224877038c5c774002184b5cfb3c5621c905afd2ef145a84d9","look":"06aac5553d045e1e88fae9fda557750d6be1cfab99a9244e5be96d1c9b24d80b","table":"c03bd810fa2bc2345a74ac2b0a4f91cf7d7fa28b434042f869a69358808e58bd","broken":"d27c630050e8456c9ef7a3b6d76fc88385b33f8df3efeedd58b07868970740e4","say":"8919bb57042ccbd7b39ac59939488d1a519bdbbffd2843f352d57b80254f8e4f","put":"487d2e7fc2b1f2c6b0d3c2fc399d67356a8a7fe5c11f1da9b1676e58e3b6eadd","send":"0e809d6e31fd7e8b79c54d559ea2d9dca4f36804f4ef5bde7bd6be65ccbdbf02","post":"8e16de8ea19988311df7633ad11475221ccc0919337d2334c3c9787e1729eb19","drop":"a8d37bb57c2c4e7936bd2381f2264a7aff1503858978b6344cb0c0dd2ff1c097","lose":"23018aeabc546dbbac7b42c6f135baffa7989b8e0e5c562a8eb0263a78f4d352","book":"a7148f1a32107f07468272d16a0965afbdc004a1e6f2a3f80f70e7308fdbc1ee","consult":"d7d67c75341f396577a0db63b7e4d2a8ea904b1a737348f3c1e9e3ef95395151"},"seed":1456418775,"sources":{"think":"50f551eb05b6dde6","look":"cac2615e35ff74ed","table":"53c8058834d36e33","broken":"5b95d2a19d4fde64","say":"fd4e815e3e5e982f","put":"b48c2ef8f9338425","send":"f33b33ac2d467fd5","post":"f5f0fa3f4ac334bd","drop":"d85befe5bcefc131","lose":"361456f75be352b0","book":"d19de3ff638caa3d","consult":"43f3ce1767c594e0"},"schemas":{"think":"0ae2976948fd55ae","look":"2e81805f6e119167","table":"d4cf3b3f98e32c88","broken":"efd13142433cdb31","say":"40250f04c8d3d202","put":"88b0baf4fe6463de","send":"0cb3be51a32bbd13","post":"556a61734ce8779a","drop":"5bdce810c9efcf11","lose":"40fa7edb9d94312c","book":"b154b73ccf10475a","consult":"12affe494843d4a5"}}','90f11f7dc373c7e7f63ba688af09a878f1e8bafb5564ceddf39975f0ceb38cf5');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',2,1796032896819954,0,'plan.revised','{"number":1,"digest":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","author":"person","reason":"the plan given at the start","plan":{"goal":"for the corpus","steps":[{"id":"book","tool":"book","args":{"name":"book"}},{"id":"ask","tool":"consult","args":{"name":"ask"},"after":["book"]}]},"edits":[],"remarks":[{"code":"point_of_no_return","step":"book","text":"the point of no return: the first step that cannot be undone"}]}','e4cbb36c541ba1bc37cbe80981d6c4410bb8930191fcf06ad946358bcbf7223b');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',3,1796032896909476,1,'host.attached','{"host":"corpus/boot/space 14257 1748926 host-1z9nztgs1t","epoch":1}','6ff3cfb5d36b4d0174ef62ca869d84f42f378b3a2dbe0ba71fdf0bf33b0c6a4c');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',4,1796032896916580,1,'run.started','{}','1a2b54632c15890bb61c359eb9f3b94427cf145d7c2913b68ce48e42f10f5c91');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',5,1796032896917595,1,'call.intended','{"step":"book","attempt":1,"tool":"book","effect":"irreversible","args":{"value":{"name":"book"}},"key":"ad246936466b2ce2e300661df65986c6","allowed_by":"the rule allow ''*'' covers book","spend":{"calls":1.0}}','696a95fad0c543c8c40fc9c65aeaf71f8926c834bcec573aea33b88e9110ea3f');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',6,1796032896926404,1,'call.reported','{"step":"book","attempt":1,"progress":0.5,"text":"half of it"}','155e9444c7423121e9737d277303f707c3f1fe32540042ae481f4aee5c6795a7');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',7,1796032896926573,1,'call.asked','{"step":"book","attempt":1,"questions":{"seat":{"by":"the other side","text":"Which seat?","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}}},"state":"state of the other side"}','7f043067f6903308d6801eeb6b0f754f368ed3fffde5895400886704fdbd7038');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',8,1796032896926885,1,'request.opened','{"request":"req-bepdvb04dm","token":"2h559KF29JSjHVbkaePuNCfV","about":"elicitation","step":"book","title":"the other side asks you something during book","why":"what you answer is sent to it","tool":"book","revision":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","risk":"local","gate":{"form":"notice"},"evidence":{"asks":"Which seat?","key":"seat","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}},"if_refused":"the other side is told that you decline; what it does then is its own affair"}','eea802b20ad3e7453c288656b6d8db85122bb976368001aeda554a5bdb8441c7');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',9,1796032896927142,1,'run.waiting','{}','f1c867d4300f145513abf0aaaa7f940fab010edee8423b5c71b045b5ea515607');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',10,1796032896981554,2,'request.answered','{"request":"req-bepdvb04dm","step":"book","verdict":"approve","by":"person","surface":"python","args":{"row":7}}','c8ee0348b6d4278a00026e4f38efd960588c8b6c55dd0e610a2b73ba154809c8');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',11,1796032896981738,2,'run.resumed','{"by":"person"}','3d906f603bc87f43d1eb4f59441612f9c2b2ef3cc0a11d4bc9b80b7e53edba19');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',12,1796032896982528,2,'call.intended','{"step":"book","attempt":2,"tool":"book","effect":"irreversible","args":{"value":{"name":"book"}},"key":"ad246936466b2ce2e300661df65986c6","allowed_by":"the rule allow ''*'' covers book","spend":{"calls":1.0}}','5fbb868ac8d2d88d0bd8e31957f112709f595afa1bbcbbcb93b99aea573b4480');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',13,1796032896985869,2,'call.reported','{"step":"book","attempt":2,"progress":0.5,"text":"half of it"}','71f2b5f300dde41e5767119363a8ef1107dc72c5ddfd18222e67caf15ea7895d');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',14,1796032896986142,2,'call.succeeded','{"step":"book","attempt":2,"output":{"value":"book-7"},"duration_s":0.000379}','cbcb8558fc94eef5a24e6a465e8d99933da9d84b9e848e74a2c940edd68c0227');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',15,1796032896986650,2,'call.intended','{"step":"ask","attempt":1,"tool":"consult","effect":"read","args":{"value":{"name":"ask"}},"key":"ff55069bf69602f686a30c411743d38b","allowed_by":"the rule allow ''*'' covers consult"}','4ffb91933e991f95ef62f6131fa8f633b33cd6f3c56cc6afd7d2931cb2cebeab');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',16,1796032896986957,2,'request.opened','{"request":"req-s4m71kpc3r","token":"hv97P-8ry7pQdfRK5k8MBz3O","about":"elicitation","step":"ask","title":"the other side asks you something during ask","why":"what you answer is sent to it","tool":"consult","revision":"a2b831a7fcf17d1398b4231412383055ecbab12a3e0e651ee79e4a23d7e37ea5","risk":"local","gate":{"form":"notice"},"evidence":{"asks":"Which row?","answers":{"type":"object","properties":{"row":{"type":"integer"}},"required":["row"]}},"if_refused":"the other side is told that you decline; what it does then is its own affair"}','ae1eaa397370f4eb7b4d0c7508ec4482f1bd28620eb0393bfcce3b22713dd7c1');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',17,1796032896993539,2,'request.answered','{"request":"req-s4m71kpc3r","step":"ask","verdict":"approve","by":"person","surface":"python","args":{"row":7}}','744797664bdda240b7ad56316a197e5d7e335d56d0a2df8d7efdb43c38e4a1b8');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',18,1796032896995059,2,'model.asked','{"number":1,"step":"ask","model":"scripted","digest":"85923291f45eb0dbb5276687c533b5994a9cd53776b598b56b5e3277c74e10c4","request":{"value":{"messages":[{"role":"user","text":"ask","calls":[],"call_id":null}],"output_schema":null,"output_name":"reply","tools":[],"max_output":4096,"temperature":null}},"reserved":{"tokens":4097.0,"usd":0.0}}','8d5f19d12c547215e7e272a97c22b0eb38dea514cd74ada011d4161f980c616b');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',19,1796032896998697,2,'model.streaming','{"number":1,"step":"ask","characters":5,"tokens":2,"tail":"words"}','aebd924fb4b9c28fce700eaa91e52dcd3d15122eab86b0bd6a111b334e8a4cce');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',20,1796032896998958,2,'model.answered','{"number":1,"step":"ask","model":"","reply":{"value":{"text":"words","structured":null,"calls":[],"finish":"stop","usage":{"tokens_in":3,"tokens_out":4,"cached":0},"cost_usd":null,"model":""}},"finish":"stop","usage":{"tokens_in":3.0,"tokens_out":4.0},"duration_s":0.000382,"first_s":0.000107}','5853723cb4187c88558a42fc8876f90939fb04cd6caf6f125cb722bb2f3683e2');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',21,1796032896999059,2,'call.sampled','{"step":"ask","attempt":1,"model":"scripted","outcome":"answered","duration_s":0.005012}','3587c396f7c2b32109711db25161aea44de48dc527bd8fbcbbcce1ebaadb86fe');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',22,1796032896999195,2,'call.succeeded','{"step":"ask","attempt":1,"output":{"value":"words accept"},"duration_s":0.012425}','44b53a0fee78a0143b8af6c60af5d5ac5f476e7ebb845accf7da259dec521c7b');
INSERT INTO "wb_events" VALUES('run-gj23pdzrmy',23,1796032896999550,2,'run.succeeded','{"result":{"value":"words accept"}}','565dbabacbdc25b1b92f1159cfea77952f1f604d6ad00b95d7d32cbe42ea1ccb');
INSERT INTO "wb_events" VALUES('run-b75h8kvyqb',1,1796032920461160,0,'run.created','{"goal":"for the corpus","key":"crashed","on_behalf_of":"ada","limits":{"usd":5.0},"tools":{"think":"7fbdbbb1f8bfb7224877038c5c774002184b5cfb3c5621c905afd2ef145a84d9","look":"06aac5553d045e1e88fae9fda557750d6be1cfab99a9244e5be96d1c9b24d80b","table":"c03bd810fa2bc2345a74ac2b0a4f91cf7d7fa28b434042f869a69358808e58bd","broken":"d27c630050e8456c9ef7a3b6d76fc88385b33f8df3efeedd58b07868970740e4","say":"8919bb57042ccbd7b39ac59939488d1a519bdbbffd2843f352d57b80254f8e4f","put":"487d2e7fc2b1f2c6b0d3c2fc399d67356a8a7fe5c11f1da9b1676e58e3b6eadd","send":"0e809d6e31fd7e8b79c54d559ea2d9dca4f36804f4ef5bde7bd6be65ccbdbf02","post":"8e16de8ea19988311df7633ad11475221ccc0919337d2334c3c9787e1729eb19","drop":"a8d37bb57c2c4e7936bd2381f2264a7aff1503858978b6344cb0c0dd2ff1c097","lose":"23018aeabc546dbbac7b42c6f135baffa7989b8e0e5c562a8eb0263a78f4d352","book":"a7148f1a32107f07468272d16a0965afbdc004a1e6f2a3f80f70e7308fdbc1ee","consult":"d7d67c75341f396577a0db63b7e4d2a8ea904b1a737348f3c1e9e3ef95395151"},"seed":1535506708,"sources":{"think":"50f551eb05b6dde6","look":"cac2615e35ff74ed","table":"53c8058834d36e33","broken":"5b95d2a19d4fde64","say":"fd4e815e3e5e982f","put":"b48c2ef8f9338425","send":"f33b33ac2d467fd5","post":"f5f0fa3f4ac334bd","drop":"d85befe5bcefc131","lose":"361456f75be352b0","book":"d19de3ff638caa3d","consult":"43f3ce1767c594e0"},"schemas":{"think":"0ae2976948fd55ae","look":"2e81805f6e119167","table":"d4cf3b3f98e32c88","broken":"efd13142433cdb31","say":"40250f04c8d3d202","put":"88b0baf4fe6463de","send":"0cb3be51a32bbd13","post":"556a61734ce8779a","drop":"5bdce810c9efcf11","lose":"40fa7edb9d94312c","book":"b154b73ccf10475a","consult":"12affe494843d4a5"}}','d9efa729a4b52e307aeb975fdada6e048026e45f17d3bd39f30dbf7b354de53f');
INSERT INTO "wb_events" VALUES('run-b75h8kvyqb',2,1796032920461160,0,'plan.revised','{"number":1,"digest":"070697a60a7efc03e037634a91fcd44e5c58479a63b4e9f1a2e0f12f1d8da96f","author":"person","reason":"the plan given at the start","plan":{"goal":"for the corpus","steps":[{"id":"a","tool":"think","args":{"name":"a"}},{"id":"sent","tool":"post","args":{"name":"sent"},"after":["a"]},{"id":"z","tool":"think","args":{"name":"z"},"after":["sent"]}]},"edits":[],"remarks":[{"code":"point_of_no_return","step":"sent","text":"the point of no return: the first step that cannot be undone"}]}','81f1435240a9dc3645bfa1ceba8cbd4962f46ef6d865f0a40537cd118ddad30b');
INSERT INTO "wb_events" VALUES('run-b75h8kvyqb',3,1796032920575057,1,'host.attached','{"host":"corpus/boot/space 14728 1752006 host-wa9q0jamtv","epoch":1}','de333c41137f802ea0a8c6ba739c3454e77e846ff79698b43641e7e2ed8cec72');
INSERT INTO "wb_events" VALUES('run-b75h8kvyqb',4,1796032920597620,1,'run.started','{}','b4f1a2b962c9e1de16c306c5eb9b18a07f7409d8f19d0465f05a7fa966a6e923');
INSERT INTO "wb_events" VALUES('run-b75h8kvyqb',5,1796032920598509,1,'call.intended','{"step":"a","attempt":1,"tool":"think","effect":"pure","args":{"value":{"name":"a"}},"key":"d900c9d66a4070cabbbe48577d7c3f4d","allowed_by":"the rule allow ''*'' covers think"}','ebb78bf8ccfbef4e0b2da7dec23d3f17c85bdf4b013a037a8553e2e0de3a614c');
INSERT INTO "wb_events" VALUES('run-b75h8kvyqb',6,1796032920617408,1,'call.succeeded','{"step":"a","attempt":1,"output":{"value":"a"},"duration_s":0.018713}','baef03295f4e00c2fead36ae6a5b12cbc4e983baffa7bd42fc11640ee6f36093');
INSERT INTO "wb_events" VALUES('run-b75h8kvyqb',7,1796032920618000,1,'call.intended','{"step":"sent","attempt":1,"tool":"post","effect":"irreversible","args":{"value":{"name":"sent"}},"key":"5b6a533bc49d62e9f3278b821d6a43d6","allowed_by":"the rule allow ''*'' covers post","spend":{"calls":1.0}}','6284540506b92609331db2f20cac3b2cb355d0e0b2d487e732c00b0d6d1a85c8');
CREATE TABLE wb_late_outcomes (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	kind VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_ledger (
	number INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	step VARCHAR NOT NULL, 
	attempt INTEGER NOT NULL, 
	agent VARCHAR NOT NULL, 
	on_behalf_of VARCHAR NOT NULL, 
	unit VARCHAR NOT NULL, 
	amount FLOAT NOT NULL, 
	state VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_meta (
	"key" VARCHAR NOT NULL, 
	value TEXT, 
	PRIMARY KEY ("key")
);
INSERT INTO "wb_meta" VALUES('format','workbench-journal');
INSERT INTO "wb_meta" VALUES('version','3');
INSERT INTO "wb_meta" VALUES('checkpointer','corpus/boot/space 14728 1752006 host-wa9q0jamtv');
CREATE TABLE wb_rules (
	number INTEGER NOT NULL, 
	rule VARCHAR NOT NULL, 
	at_us BIGINT NOT NULL, 
	action VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE wb_runs (
	id VARCHAR NOT NULL, 
	"key" VARCHAR, 
	goal TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	head VARCHAR NOT NULL, 
	epoch BIGINT NOT NULL, 
	owner VARCHAR NOT NULL, 
	lease_until_us BIGINT NOT NULL, 
	done INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	open_requests INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "wb_runs" VALUES('run-nznekwx757','success','for the corpus','succeeded',1796032896300323,1796032896656636,13,'56b9c4a7f1274e7e4e99ebcdaacaa2748abf7597f4b0abef7cb11ffc6feb7461',1,'',0,4,4,0);
INSERT INTO "wb_runs" VALUES('run-gj23pdzrmy','talked','for the corpus','succeeded',1796032896819954,1796032896999985,23,'565dbabacbdc25b1b92f1159cfea77952f1f604d6ad00b95d7d32cbe42ea1ccb',3,'',0,2,2,0);
INSERT INTO "wb_runs" VALUES('run-b75h8kvyqb','crashed','for the corpus','running',1796032920461160,1796032920618671,7,'6284540506b92609331db2f20cac3b2cb355d0e0b2d487e732c00b0d6d1a85c8',1,'corpus/boot/space 14728 1752006 host-wa9q0jamtv',1796032935618671,1,3,0);
CREATE TABLE wb_snapshots (
	run VARCHAR NOT NULL, 
	seq BIGINT NOT NULL, 
	fold INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	frontier TEXT, 
	PRIMARY KEY (run, seq)
);
CREATE INDEX wb_commands_open ON wb_commands (state, run);
CREATE INDEX wb_ledger_of_run ON wb_ledger (run, step);
CREATE INDEX wb_ledger_in_time ON wb_ledger (unit, at_us);
COMMIT;
